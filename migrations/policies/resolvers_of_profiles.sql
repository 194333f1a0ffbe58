-- Which portable profiles are a person's, or cared for by them: asked by every page of the portal. Read through the policies of
-- profiles, caregivers and patients inside one another it cost three times the reading itself; the answer is identifiers only,
-- and a clinic still finds no other patients by them than its own.
CREATE FUNCTION profiles_of_human(wanted uuid) RETURNS TABLE (profile_id uuid, is_own boolean)
    LANGUAGE sql STABLE ROWS 3 SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        SELECT f.id, true FROM patient_profiles f WHERE f.human_id = wanted
        UNION ALL
        SELECT c.profile_id, false FROM caregivers c WHERE c.human_id = wanted AND c.revoked_at IS NULL
    $$;
REVOKE ALL ON FUNCTION profiles_of_human(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION profiles_of_human(uuid) TO restartix_app;
ALTER FUNCTION profiles_of_human(uuid) OWNER TO restartix_resolver;
