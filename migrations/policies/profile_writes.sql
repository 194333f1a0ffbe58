-- Who may write a portable profile (KRN-02). A profile is written by its person, by a caregiver, or in a clinic's scope; never
-- without a scope. That somebody cares for a profile is recorded in the scope of a clinic that has the profile as a patient:
-- nobody makes themselves the caregiver of a stranger.
DROP POLICY own ON patient_profiles;
CREATE POLICY own ON patient_profiles TO restartix_app
    USING (human_id = NULLIF(current_setting('app.human_id', true), '')::uuid
           OR EXISTS (SELECT FROM caregivers c WHERE c.profile_id = patient_profiles.id
                      AND c.human_id = NULLIF(current_setting('app.human_id', true), '')::uuid
                      AND c.revoked_at IS NULL));
DROP POLICY clinic ON patient_profiles;
CREATE POLICY clinic ON patient_profiles TO restartix_app
    USING (EXISTS (SELECT FROM patients p WHERE p.profile_id = patient_profiles.id))
    WITH CHECK (NULLIF(current_setting('app.org_id', true), '') IS NOT NULL);
DROP POLICY own ON caregivers;
CREATE POLICY own ON caregivers FOR SELECT TO restartix_app
    USING (human_id = NULLIF(current_setting('app.human_id', true), '')::uuid);
