-- Logs are searchable for twelve months and archived for at least six years after that (KRN-15). They stay append-only for
-- everybody but one definer function, which takes out a month of one clinic only when that month is older than twelve months
-- by the database's own clock, stands in audit_archives, and has exactly as many rows as were archived.
ALTER TABLE audit_archives ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_archives FORCE ROW LEVEL SECURITY;
CREATE POLICY clinic ON audit_archives TO restartix_app
    USING (org_id = NULLIF(current_setting('app.org_id', true), '')::uuid)
    WITH CHECK (org_id = NULLIF(current_setting('app.org_id', true), '')::uuid);
GRANT SELECT, INSERT ON audit_archives TO restartix_app;
CREATE POLICY archivist ON audit_archives TO restartix_archivist USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE (removed_at) ON audit_archives TO restartix_archivist;

CREATE FUNCTION mark_removed_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_user = 'restartix_archivist' AND OLD.removed_at IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit_archives is append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_archives
    FOR EACH ROW EXECUTE FUNCTION mark_removed_once();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON audit_archives
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_unarchived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_user = 'restartix_archivist' AND OLD.at < now() - interval '12 months'
       AND EXISTS (SELECT FROM audit_archives a WHERE a.org_id = OLD.org_id AND a.log = TG_TABLE_NAME
                   AND a.month = date_trunc('month', OLD.at AT TIME ZONE 'UTC')::date) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['audit_events', 'login_events', 'record_accesses'] LOOP
        EXECUTE format('CREATE POLICY archivist ON %I TO restartix_archivist
                        USING (at < now() - interval ''12 months'')', name);
        EXECUTE format('GRANT SELECT, DELETE ON %I TO restartix_archivist', name);
        EXECUTE format('DROP TRIGGER append_only ON %I', name);
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I
                        FOR EACH ROW EXECUTE FUNCTION refuse_unarchived()', name);
    END LOOP;
END
$$;

-- Takes an archived month of the scope's clinic out of a log; gives how many rows that were.
CREATE FUNCTION remove_archived(wanted_log text, wanted_month date) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    kept audit_archives%ROWTYPE;
    removed bigint;
BEGIN
    SELECT * INTO kept FROM audit_archives
    WHERE org_id = NULLIF(current_setting('app.org_id', true), '')::uuid AND log = wanted_log AND month = wanted_month
      AND removed_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    EXECUTE format('DELETE FROM %I WHERE org_id = $1 AND at >= $2 AND at < $3', kept.log)
        USING kept.org_id, kept.month::timestamp AT TIME ZONE 'UTC',
              (kept.month + interval '1 month') AT TIME ZONE 'UTC';
    GET DIAGNOSTICS removed = ROW_COUNT;
    IF removed <> kept.row_count THEN
        RAISE EXCEPTION 'the archive of % holds % rows, the log %', kept.log, kept.row_count, removed
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    UPDATE audit_archives SET removed_at = now() WHERE org_id = kept.org_id AND id = kept.id;
    RETURN removed;
END
$$;
REVOKE ALL ON FUNCTION remove_archived(text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION remove_archived(text, date) TO restartix_app;
ALTER FUNCTION remove_archived(text, date) OWNER TO restartix_archivist;
