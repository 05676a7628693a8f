-- The design that this project grew from, in a schema of its own: two tables, their eight indexes and three functions.
-- Rights, policies and checks of the caller are left out. They would only make it slower.

CREATE SCHEMA earlier;

CREATE TYPE earlier.conversation_status AS ENUM ('active', 'archived');

CREATE TABLE earlier.users (id uuid PRIMARY KEY);

CREATE TABLE earlier.help_requests (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES earlier.users (id),
    title text NOT NULL,
    status text NOT NULL DEFAULT 'open'
);

CREATE TABLE earlier.conversations_v2 (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    help_request_id uuid NOT NULL REFERENCES earlier.help_requests (id) ON DELETE CASCADE,
    requester_id uuid NOT NULL REFERENCES earlier.users (id),
    helper_id uuid NOT NULL REFERENCES earlier.users (id),
    initial_message text NOT NULL CHECK (length(initial_message) >= 10 AND length(initial_message) <= 1000),
    status earlier.conversation_status DEFAULT 'active',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    CONSTRAINT different_participants CHECK (requester_id != helper_id),
    CONSTRAINT unique_help_request_helper UNIQUE (help_request_id, helper_id)
);
CREATE INDEX idx_conversations_v2_help_request_id ON earlier.conversations_v2 (help_request_id);
CREATE INDEX idx_conversations_v2_requester_id ON earlier.conversations_v2 (requester_id);
CREATE INDEX idx_conversations_v2_helper_id ON earlier.conversations_v2 (helper_id);
CREATE INDEX idx_conversations_v2_status ON earlier.conversations_v2 (status);
CREATE INDEX idx_conversations_v2_created_at ON earlier.conversations_v2 (created_at DESC);

CREATE TABLE earlier.messages_v2 (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    conversation_id uuid NOT NULL REFERENCES earlier.conversations_v2 (id) ON DELETE CASCADE,
    sender_id uuid NOT NULL REFERENCES earlier.users (id),
    content text NOT NULL CHECK (length(content) >= 1 AND length(content) <= 1000),
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);
CREATE INDEX idx_messages_v2_conversation_id ON earlier.messages_v2 (conversation_id);
CREATE INDEX idx_messages_v2_sender_id ON earlier.messages_v2 (sender_id);
CREATE INDEX idx_messages_v2_created_at ON earlier.messages_v2 (created_at DESC);

CREATE FUNCTION earlier.create_conversation_atomic(p_help_request_id uuid, p_helper_id uuid, p_initial_message text)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    v_requester_id uuid;
    v_conversation_id uuid;
BEGIN
    IF p_initial_message IS NULL OR length(trim(p_initial_message)) < 10 THEN
        RAISE EXCEPTION 'Initial message must be at least 10 characters long';
    END IF;
    IF length(p_initial_message) > 1000 THEN
        RAISE EXCEPTION 'Initial message cannot exceed 1000 characters';
    END IF;

    SELECT user_id INTO v_requester_id FROM earlier.help_requests WHERE id = p_help_request_id;
    IF v_requester_id IS NULL THEN
        RAISE EXCEPTION 'Help request not found';
    END IF;
    IF p_helper_id = v_requester_id THEN
        RAISE EXCEPTION 'Cannot create conversation with yourself';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM earlier.help_requests WHERE id = p_help_request_id AND status IN ('open', 'in_progress')
    ) THEN
        RAISE EXCEPTION 'Help request is no longer available';
    END IF;
    IF EXISTS (
        SELECT 1 FROM earlier.conversations_v2 WHERE help_request_id = p_help_request_id AND helper_id = p_helper_id
    ) THEN
        RAISE EXCEPTION 'Conversation already exists for this help request and helper';
    END IF;

    INSERT INTO earlier.conversations_v2 (help_request_id, requester_id, helper_id, initial_message)
    VALUES (p_help_request_id, v_requester_id, p_helper_id, p_initial_message)
    RETURNING id INTO v_conversation_id;
    RETURN jsonb_build_object(
        'success', true, 'conversation_id', v_conversation_id, 'message', 'Conversation created successfully'
    );
EXCEPTION
    WHEN OTHERS THEN
        RETURN jsonb_build_object('success', false, 'error', SQLERRM, 'message', 'Failed to create conversation');
END $$;

CREATE FUNCTION earlier.send_message_v2(p_conversation_id uuid, p_sender_id uuid, p_content text)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    v_message_id uuid;
BEGIN
    IF p_content IS NULL OR length(trim(p_content)) < 1 THEN
        RAISE EXCEPTION 'Message content cannot be empty';
    END IF;
    IF length(p_content) > 1000 THEN
        RAISE EXCEPTION 'Message cannot exceed 1000 characters';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM earlier.conversations_v2
        WHERE id = p_conversation_id AND status = 'active' AND (requester_id = p_sender_id OR helper_id = p_sender_id)
    ) THEN
        RAISE EXCEPTION 'Not authorized to send messages in this conversation';
    END IF;

    INSERT INTO earlier.messages_v2 (conversation_id, sender_id, content)
    VALUES (p_conversation_id, p_sender_id, p_content)
    RETURNING id INTO v_message_id;
    RETURN jsonb_build_object('success', true, 'message_id', v_message_id, 'message', 'Message sent successfully');
EXCEPTION
    WHEN OTHERS THEN
        RETURN jsonb_build_object('success', false, 'error', SQLERRM, 'message', 'Failed to send message');
END $$;

CREATE FUNCTION earlier.get_conversation_v2(p_conversation_id uuid, p_user_id uuid)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    v_conversation jsonb;
    v_messages jsonb;
BEGIN
    SELECT jsonb_build_object(
        'id', c.id,
        'help_request_id', c.help_request_id,
        'requester_id', c.requester_id,
        'helper_id', c.helper_id,
        'initial_message', c.initial_message,
        'status', c.status,
        'created_at', c.created_at,
        'updated_at', c.updated_at
    ) INTO v_conversation
    FROM earlier.conversations_v2 c
    WHERE c.id = p_conversation_id AND (c.requester_id = p_user_id OR c.helper_id = p_user_id);
    IF v_conversation IS NULL THEN
        RAISE EXCEPTION 'Conversation not found';
    END IF;

    SELECT jsonb_agg(
        jsonb_build_object(
            'id', m.id,
            'sender_id', m.sender_id,
            'content', m.content,
            'created_at', m.created_at,
            'updated_at', m.updated_at
        ) ORDER BY m.created_at ASC
    ) INTO v_messages
    FROM earlier.messages_v2 m
    WHERE m.conversation_id = p_conversation_id;
    RETURN jsonb_build_object(
        'success', true, 'conversation', v_conversation, 'messages', coalesce(v_messages, '[]'::jsonb)
    );
EXCEPTION
    WHEN OTHERS THEN
        RETURN jsonb_build_object('success', false, 'error', SQLERRM, 'message', 'Failed to get conversation');
END $$;
