-- Who arrives with a request, in one statement: the clinic of its address and the login of its cookie become the scope of the
-- transaction, and what they may see of themselves is read under that scope, one step after the other. The function has no
-- rights of its own: it reads as whoever calls it, under the policies. No such clinic means a scope of nobody's rows; a login
-- that does not last means the clinic without a person.
CREATE FUNCTION arrive(
    wanted text, login uuid, person uuid, moment timestamptz, idle_since timestamptz,
    OUT clinic text, OUT here text, OUT seen timestamptz
)
    LANGUAGE plpgsql VOLATILE SECURITY INVOKER
    AS $$
DECLARE
    org uuid := clinic_by_slug(wanted);
BEGIN
    PERFORM set_config('app.org_id', COALESCE(org::text, ''), true);
    PERFORM set_config('app.human_id', COALESCE(person::text, ''), true);
    SELECT row_to_json(o)::text INTO clinic FROM organizations o WHERE o.id = org;
    IF clinic IS NULL OR person IS NULL THEN
        RETURN;
    END IF;
    SELECT s.last_seen_at, json_build_object(
            'login', s.id, 'method', s.method, 'human', h.id, 'name', h.name, 'email', h.email, 'locale', h.locale,
            'is_platform_staff', h.is_platform_staff, 'membership', m.id, 'role_code', r.code, 'role_name', r.name,
            'own_patients_only', r.own_patients_only,
            'permissions', CASE WHEN m.id IS NOT NULL THEN
                (SELECT json_agg(p.permission) FROM role_permissions p WHERE p.org_id = org AND p.role_id = m.role_id) END,
            'specialist', (SELECT t.id FROM specialists t
                WHERE t.org_id = org AND t.human_id = person AND t.deleted_at IS NULL LIMIT 1),
            'support_inside', EXISTS (SELECT FROM elevated_accesses e
                WHERE e.org_id = org AND e.closed_at IS NULL AND e.expires_at > moment),
            'locations', CASE WHEN m.id IS NOT NULL THEN
                (SELECT json_agg(json_build_array(l.id, l.name) ORDER BY l.position, l.name)
                 FROM locations l WHERE l.org_id = org AND l.closed_at IS NULL) END
        )::text
        INTO seen, here
        FROM login_sessions s
        JOIN humans h ON h.id = person AND h.disabled_at IS NULL
        LEFT JOIN memberships m ON m.org_id = org AND m.human_id = person AND m.deactivated_at IS NULL
        LEFT JOIN roles r ON r.org_id = org AND r.id = m.role_id
        WHERE s.id = login AND s.human_id = person AND s.ended_at IS NULL
            AND s.expires_at > moment AND s.last_seen_at > idle_since;
    IF here IS NULL THEN
        PERFORM set_config('app.human_id', '', true);
    END IF;
END
$$;
REVOKE ALL ON FUNCTION arrive(text, uuid, uuid, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION arrive(text, uuid, uuid, timestamptz, timestamptz) TO restartix_app;
