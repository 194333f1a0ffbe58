-- The few questions that must be answered before a scope is known: which clinic is meant, who is signing in. Each is a definer
-- function with one narrow answer, owned by a role that may read just those columns and that nobody can step into.
CREATE POLICY resolver ON organizations FOR SELECT TO restartix_resolver USING (true);
CREATE POLICY resolver ON humans FOR SELECT TO restartix_resolver USING (true);
CREATE POLICY resolver ON login_links FOR SELECT TO restartix_resolver USING (true);
CREATE POLICY resolver ON memberships FOR SELECT TO restartix_resolver USING (true);
CREATE POLICY resolver ON patients FOR SELECT TO restartix_resolver USING (true);
CREATE POLICY resolver ON patient_profiles FOR SELECT TO restartix_resolver USING (true);
CREATE POLICY resolver ON caregivers FOR SELECT TO restartix_resolver USING (true);
GRANT SELECT (id, slug, name, activated_at) ON organizations TO restartix_resolver;
GRANT SELECT (id, email, provider_org_id) ON humans TO restartix_resolver;
GRANT SELECT (human_id, token_digest) ON login_links TO restartix_resolver;
GRANT SELECT (org_id, human_id, deactivated_at) ON memberships TO restartix_resolver;
GRANT SELECT (org_id, profile_id, deleted_at) ON patients TO restartix_resolver;
GRANT SELECT (id, human_id) ON patient_profiles TO restartix_resolver;
GRANT SELECT (human_id, profile_id, revoked_at) ON caregivers TO restartix_resolver;

CREATE FUNCTION clinic_by_slug(wanted text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT id FROM organizations WHERE slug = wanted AND activated_at IS NOT NULL $$;

CREATE FUNCTION human_by_email(wanted text, namespace text DEFAULT NULL) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT id FROM humans WHERE email = lower(wanted) AND provider_org_id IS NOT DISTINCT FROM namespace $$;

CREATE FUNCTION human_by_link(digest text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT human_id FROM login_links WHERE token_digest = digest $$;

-- Where a person works or is a patient: what the chooser after login shows.
CREATE FUNCTION clinics_of_human(wanted uuid)
    RETURNS TABLE (org_id uuid, slug text, name text, is_staff boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        SELECT o.id, o.slug, o.name, bool_or(k.is_staff)
        FROM (
            SELECT m.org_id, true AS is_staff FROM memberships m
            WHERE m.human_id = wanted AND m.deactivated_at IS NULL
            UNION ALL
            SELECT p.org_id, false FROM patients p JOIN patient_profiles f ON f.id = p.profile_id
            WHERE f.human_id = wanted AND p.deleted_at IS NULL
            UNION ALL
            SELECT p.org_id, false FROM patients p JOIN caregivers c ON c.profile_id = p.profile_id
            WHERE c.human_id = wanted AND c.revoked_at IS NULL AND p.deleted_at IS NULL
        ) k JOIN organizations o ON o.id = k.org_id AND o.activated_at IS NOT NULL
        GROUP BY o.id, o.slug, o.name
    $$;

DO $$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY[
        'clinic_by_slug(text)', 'human_by_email(text, text)', 'human_by_link(text)', 'clinics_of_human(uuid)'
    ] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO restartix_app', signature);
        EXECUTE format('ALTER FUNCTION %s OWNER TO restartix_resolver', signature);
    END LOOP;
END
$$;
