-- What is written, and what ends it, each with the transaction that did it: kept apart, because rows are changed and
-- erased later. Whoever writes waits a moment before the commit, so that an ending has time to come between.
CREATE TABLE proofs_acts (
    kind text, request uuid, conversation uuid, actor uuid, other uuid, xid xid8 DEFAULT pg_current_xact_id()
);
CREATE TABLE proofs_ends (kind text, subject uuid, other uuid, xid xid8 DEFAULT pg_current_xact_id());

CREATE FUNCTION proofs_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    CASE TG_TABLE_NAME
        WHEN 'messages_v2' THEN
            INSERT INTO proofs_acts VALUES ('message', NULL, NEW.conversation_id, NEW.sender_id, NULL);
            PERFORM pg_sleep(0.02);
        WHEN 'conversations_v2' THEN
            IF TG_OP = 'INSERT' THEN
                INSERT INTO proofs_acts VALUES ('offer', NEW.help_request_id, NEW.id, NEW.helper_id, NEW.requester_id);
                PERFORM pg_sleep(0.02);
            ELSIF NEW.status = 'archived' AND OLD.status <> 'archived' THEN
                INSERT INTO proofs_ends VALUES ('conversation', NEW.id);
            END IF;
        WHEN 'help_requests' THEN
            IF NEW.status NOT IN ('open', 'in_progress') AND OLD.status IN ('open', 'in_progress') THEN
                INSERT INTO proofs_ends VALUES ('request', NEW.id);
            END IF;
        WHEN 'member_blocks' THEN
            INSERT INTO proofs_ends VALUES ('pair', NEW.blocker_id, NEW.blocked_id);
        WHEN 'members' THEN
            IF NEW.left_at IS NOT NULL AND OLD.left_at IS NULL THEN
                INSERT INTO proofs_ends VALUES ('member', NEW.id);
            END IF;
    END CASE;
    RETURN NULL;
END $$;
CREATE TRIGGER proofs_note AFTER INSERT ON messages_v2 FOR EACH ROW EXECUTE FUNCTION proofs_note();
CREATE TRIGGER proofs_note AFTER INSERT OR UPDATE ON conversations_v2 FOR EACH ROW EXECUTE FUNCTION proofs_note();
CREATE TRIGGER proofs_note AFTER UPDATE ON help_requests FOR EACH ROW EXECUTE FUNCTION proofs_note();
CREATE TRIGGER proofs_note AFTER INSERT ON member_blocks FOR EACH ROW EXECUTE FUNCTION proofs_note();
CREATE TRIGGER proofs_note AFTER UPDATE ON members FOR EACH ROW EXECUTE FUNCTION proofs_note();
