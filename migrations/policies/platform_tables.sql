-- What the platform curates: every scope reads, the operator writes.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['capability_clearances', 'consent_purposes', 'exercises'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY everybody ON %I FOR SELECT TO restartix_app USING (true)', name);
        EXECUTE format(
            'CREATE POLICY platform ON %I TO restartix_platform USING (true) WITH CHECK (true)', name);
        EXECUTE format('GRANT SELECT ON %I TO restartix_app', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO restartix_platform', name);
    END LOOP;
END
$$;
