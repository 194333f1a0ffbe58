-- Rows of a person across clinics (KRN-02): visible to that person, and to a clinic in which the person is staff or a patient.
-- The inner queries run under the policies of the tables that they read, so they see the scope's clinic only.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'humans', 'login_sessions', 'login_links', 'patient_profiles', 'caregivers', 'memberships'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO restartix_app', name);
    END LOOP;
END
$$;

CREATE POLICY own ON humans TO restartix_app
    USING (id = NULLIF(current_setting('app.human_id', true), '')::uuid)
    WITH CHECK (id = NULLIF(current_setting('app.human_id', true), '')::uuid);
CREATE POLICY colleagues ON humans FOR SELECT TO restartix_app
    USING (EXISTS (SELECT FROM memberships m WHERE m.human_id = humans.id
                   AND m.org_id = NULLIF(current_setting('app.org_id', true), '')::uuid));
CREATE POLICY platform ON humans FOR SELECT TO restartix_platform USING (is_platform_staff);
GRANT SELECT ON humans TO restartix_platform;
-- Who belongs to the operator's staff is the owner's decision alone (flask platform add).
REVOKE INSERT, UPDATE ON humans FROM restartix_app;
GRANT INSERT (id, email, provider_org_id, name, phone, locale, password_hash, totp_secret, totp_confirmed_at,
              totp_last_step, disabled_at, created_at),
      UPDATE (email, provider_org_id, name, phone, locale, password_hash, totp_secret, totp_confirmed_at,
              totp_last_step, disabled_at)
    ON humans TO restartix_app;
CREATE POLICY operator_staff ON humans TO restartix_owner USING (true) WITH CHECK (true);

CREATE POLICY own ON login_sessions TO restartix_app
    USING (human_id = NULLIF(current_setting('app.human_id', true), '')::uuid)
    WITH CHECK (human_id = NULLIF(current_setting('app.human_id', true), '')::uuid);
CREATE POLICY own ON login_links TO restartix_app
    USING (human_id = NULLIF(current_setting('app.human_id', true), '')::uuid)
    WITH CHECK (human_id = NULLIF(current_setting('app.human_id', true), '')::uuid);

-- Memberships are rows of a clinic; a person also sees their own in other clinics, to choose where to work.
CREATE POLICY clinic ON memberships TO restartix_app
    USING (org_id = NULLIF(current_setting('app.org_id', true), '')::uuid)
    WITH CHECK (org_id = NULLIF(current_setting('app.org_id', true), '')::uuid);
CREATE POLICY own ON memberships FOR SELECT TO restartix_app
    USING (human_id = NULLIF(current_setting('app.human_id', true), '')::uuid);

CREATE POLICY own ON caregivers TO restartix_app
    USING (human_id = NULLIF(current_setting('app.human_id', true), '')::uuid);
CREATE POLICY clinic ON caregivers TO restartix_app
    USING (EXISTS (SELECT FROM patients p WHERE p.profile_id = caregivers.profile_id));

CREATE POLICY own ON patient_profiles TO restartix_app
    USING (human_id = NULLIF(current_setting('app.human_id', true), '')::uuid
           OR EXISTS (SELECT FROM caregivers c WHERE c.profile_id = patient_profiles.id
                      AND c.human_id = NULLIF(current_setting('app.human_id', true), '')::uuid
                      AND c.revoked_at IS NULL))
    WITH CHECK (true);
-- A clinic reads and corrects the profile of its own patient; a new profile gets its clinic link in the same transaction.
CREATE POLICY clinic ON patient_profiles TO restartix_app
    USING (EXISTS (SELECT FROM patients p WHERE p.profile_id = patient_profiles.id))
    WITH CHECK (true);
