-- A clinic sees itself; the operator sees all. Nothing of a clinic is deleted here.
ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE organizations FORCE ROW LEVEL SECURITY;
CREATE POLICY clinic ON organizations TO restartix_app
    USING (id = NULLIF(current_setting('app.org_id', true), '')::uuid)
    WITH CHECK (id = NULLIF(current_setting('app.org_id', true), '')::uuid);
CREATE POLICY platform ON organizations TO restartix_platform USING (true) WITH CHECK (true);
GRANT SELECT ON organizations TO restartix_app;
GRANT UPDATE (name, tagline, email, phone, website, locale, time_zone, accent, logo_key, settings)
    ON organizations TO restartix_app;
GRANT SELECT, INSERT, UPDATE ON organizations TO restartix_platform;
