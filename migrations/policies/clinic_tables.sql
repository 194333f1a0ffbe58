-- Rows of one clinic (KRN-01): org_id equals the scope, for reading and for writing. Direct equality on a plain column, so
-- that the planner uses the index led by org_id; NULLIF because a cleared setting reads as '' and not as NULL.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'locations', 'roles', 'role_permissions', 'elevated_accesses', 'acting_as', 'record_accesses',
        'outbox_events', 'outbox_receipts', 'clinic_capabilities', 'idempotency_keys', 'blobs',
        'provider_choices', 'sandbox_messages', 'patients', 'specialties', 'specialists',
        'specialist_specialties', 'consent_purpose_versions', 'consents', 'deliveries', 'services',
        'service_specialists', 'form_templates', 'form_template_versions', 'form_instances',
        'kiosk_openings', 'rooms', 'resources', 'weekly_hours', 'date_overrides', 'calendars',
        'calendar_specialists', 'occupancies', 'appointments', 'appointment_changes', 'pose_sessions',
        'pose_session_metrics', 'pose_rep_metrics'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY clinic ON %I TO restartix_app
             USING (org_id = NULLIF(current_setting(''app.org_id'', true), '''')::uuid)
             WITH CHECK (org_id = NULLIF(current_setting(''app.org_id'', true), '''')::uuid)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO restartix_app', name);
    END LOOP;
END
$$;

-- Plain associations and hours may be taken away; everything else is ended by a date or a state, never deleted.
GRANT DELETE ON role_permissions, specialist_specialties, service_specialists, weekly_hours, date_overrides,
    calendar_specialists TO restartix_app;

-- Capabilities are decided by the operator (CAP-01): a clinic reads its own.
REVOKE INSERT, UPDATE ON clinic_capabilities FROM restartix_app;
CREATE POLICY platform ON clinic_capabilities TO restartix_platform USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON clinic_capabilities TO restartix_platform;

-- Elevated access is opened and closed by the operator's staff; the clinic sees that it happened (KRN-13).
REVOKE INSERT, UPDATE ON elevated_accesses FROM restartix_app;
CREATE POLICY platform ON elevated_accesses TO restartix_platform USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON elevated_accesses TO restartix_platform;

-- The dispatcher claims events of every clinic, and sees no other table (KRN-06).
CREATE POLICY dispatch ON outbox_events TO restartix_dispatch USING (true) WITH CHECK (true);
GRANT SELECT ON outbox_events TO restartix_dispatch;
GRANT UPDATE (leased_until, attempts) ON outbox_events TO restartix_dispatch;
-- The operator's actions tell the clinic concerned through the same outbox.
CREATE POLICY platform ON outbox_events FOR INSERT TO restartix_platform WITH CHECK (true);
GRANT INSERT ON outbox_events TO restartix_platform;
