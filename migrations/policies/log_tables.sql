-- Logs are append-only in the database itself (KRN-05): the application may insert and read, and a trigger refuses the rest to
-- everybody, the owner of the tables included.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['audit_events', 'login_events'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO restartix_app, restartix_platform', name);
        EXECUTE format(
            'CREATE POLICY clinic ON %I FOR SELECT TO restartix_app
             USING (org_id = NULLIF(current_setting(''app.org_id'', true), '''')::uuid)', name);
        EXECUTE format(
            'CREATE POLICY append ON %I FOR INSERT TO restartix_app
             WITH CHECK (org_id IS NULL
                         OR org_id = NULLIF(current_setting(''app.org_id'', true), '''')::uuid)', name);
        EXECUTE format(
            'CREATE POLICY platform ON %I FOR SELECT TO restartix_platform USING (org_id IS NULL)', name);
        EXECUTE format(
            'CREATE POLICY platform_append ON %I FOR INSERT TO restartix_platform WITH CHECK (true)', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY[
        'audit_events', 'login_events', 'record_accesses', 'appointment_changes',
        'consent_purpose_versions', 'form_template_versions', 'pose_session_metrics', 'pose_rep_metrics'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I
             FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
        EXECUTE format(
            'CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON %I
             FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY[
        'record_accesses', 'appointment_changes', 'consent_purpose_versions', 'form_template_versions',
        'pose_session_metrics', 'pose_rep_metrics'
    ] LOOP
        EXECUTE format('REVOKE UPDATE ON %I FROM restartix_app', name);
    END LOOP;
END
$$;
CREATE POLICY own ON login_events FOR SELECT TO restartix_app
    USING (human_id = NULLIF(current_setting('app.human_id', true), '')::uuid);

-- A signed form is sealed (FRM-03): no change, no deletion, whoever asks.
CREATE FUNCTION refuse_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'signed' THEN
        RAISE EXCEPTION 'a signed form cannot change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER signed_is_final BEFORE UPDATE OR DELETE ON form_instances
    FOR EACH ROW EXECUTE FUNCTION refuse_signed();
CREATE TRIGGER signed_is_final_whole BEFORE TRUNCATE ON form_instances
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A consent is granted once and withdrawn at most once; what was granted never changes (CNS-01).
REVOKE UPDATE ON consents FROM restartix_app;
GRANT UPDATE (withdrawn_at, withdrawn_by) ON consents TO restartix_app;
CREATE FUNCTION withdraw_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'a consent is withdrawn once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER withdrawn_is_final BEFORE UPDATE ON consents FOR EACH ROW EXECUTE FUNCTION withdraw_once();
