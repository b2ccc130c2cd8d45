// Made of docs/openapi.json by `npm run docs:api`: not to be edited.
export interface paths {
    "/api/v1/license/{license_key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look a licence up by its key
         * @description Takes one from the product's day, and changes nothing.
         */
        get: operations["lookUpLicense"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Validate a licence
         * @description Takes one from the product's day. The verdict is 200 whatever it is; the address that calls may be registered for the licence.
         */
        post: operations["validateLicense"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the audit log is signed with
         * @description Public keys (ed25519), those of earlier signatures included. Keep a copy elsewhere: whoever owns the server can change this answer.
         *
         *     For anyone.
         */
        get: operations["listAuditKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invites/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept an invite
         * @description By the token in the link of its mail. The verified e-mail address of whoever is signed in must be the invited one. Accepting again gives the same answer.
         *
         *     For a person who is signed in; for no token.
         */
        post: operations["acceptInvite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List my organisations
         * @description Those that one owns or has joined, the oldest first.
         *
         *     For a person, or their token.
         */
        get: operations["listOrganizations"];
        put?: never;
        /**
         * Create an organisation
         * @description Whoever creates it is its owner. It begins on the free plan. How many one may own and have joined together is limited.
         *
         *     For a person who is signed in; for no token.
         */
        post: operations["createOrganization"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{organization_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an organisation
         * @description For every member of the organisation, and its tokens.
         */
        get: operations["getOrganization"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Rename an organisation
         * @description Its slug is part of addresses that people keep, and stays.
         *
         *     Takes the permission `organization:edit` in the organisation.
         */
        patch: operations["changeOrganization"];
        trace?: never;
    };
    "/v1/organizations/{organization_id}/access-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the organisation's access tokens
         * @description Those that were not revoked, the newest first, without their secrets.
         *
         *     Takes the permission `tokens:manage` in the organisation.
         */
        get: operations["listOrganizationTokens"];
        put?: never;
        /**
         * Create an access token of the organisation
         * @description Its scopes are what it may do here, and no more than the caller holds. It ends when it expires, is revoked, or whoever made it is no longer a member; a smaller role of theirs leaves it as it is.
         *
         *     Takes the permission `tokens:manage` in the organisation, in person: no token may do it.
         */
        post: operations["createOrganizationToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{organization_id}/access-tokens/{access_token_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an access token of the organisation
         * @description Takes the permission `tokens:manage` in the organisation.
         */
        get: operations["getOrganizationToken"];
        put?: never;
        post?: never;
        /**
         * Revoke an access token of the organisation
         * @description For the next call already.
         *
         *     Takes the permission `tokens:manage` in the organisation.
         */
        delete: operations["revokeOrganizationToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{organization_id}/audit-log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who changed what
         * @description The newest first, as far back as the plan shows. Each entry’s hash covers all its other fields (docs/audit.md).
         *
         *     Takes the permission `audit_log:view` in the organisation.
         */
        get: operations["listAuditLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{organization_id}/audit-log/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export the audit log
         * @description One entry a line (NDJSON), the oldest first. Without filters signatures of heads stand between the entries, as lines with `"type": "signature"`, and `plimsoll audit verify FILE --keys KEYS` verifies what was saved, on any machine.
         *
         *     Takes the permission `audit_log:view` in the organisation.
         */
        get: operations["exportAuditLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{organization_id}/audit-log/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Verify the audit log
         * @description Computes the whole chain anew, hidden entries included, holds it against the signatures of its heads, and names the first entry at fault. Entries behind the last signature were not signed yet.
         *
         *     Takes the permission `audit_log:view` in the organisation.
         */
        get: operations["verifyAuditLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{organization_id}/invites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List invites
         * @description The newest first. A pending invite takes a seat until it is withdrawn or its time is over.
         *
         *     Takes the permission `members:view` in the organisation.
         */
        get: operations["listInvites"];
        put?: never;
        /**
         * Invite somebody
         * @description Sends a mail with a link that is good for seven days, unless configured otherwise. The role may grant what the caller holds, and no more.
         *
         *     Takes the permission `members:invite` in the organisation.
         */
        post: operations["createInvite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{organization_id}/invites/{invite_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an invite
         * @description Takes the permission `members:view` in the organisation.
         */
        get: operations["getInvite"];
        put?: never;
        post?: never;
        /**
         * Withdraw an invite
         * @description Its link is dead and its seat free at once.
         *
         *     Takes the permission `members:invite` in the organisation.
         */
        delete: operations["withdrawInvite"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{organization_id}/invites/{invite_id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an invite again
         * @description With a new link and a new term; the old link is dead. At most once a minute.
         *
         *     Takes the permission `members:invite` in the organisation.
         */
        post: operations["resendInvite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{organization_id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List members
         * @description In the order in which they joined. Who is invited and has not accepted is among the invites.
         *
         *     Takes the permission `members:view` in the organisation.
         */
        get: operations["listMembers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{organization_id}/members/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a member
         * @description Takes the permission `members:view` in the organisation.
         */
        get: operations["getMember"];
        put?: never;
        post?: never;
        /**
         * Remove a member
         * @description Ends their access at once, and that of the organisation's access tokens which they made. The owner can not be removed.
         *
         *     Takes the permission `members:remove` in the organisation.
         */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        /**
         * Change a member's role
         * @description To one that grants nothing beyond what the caller holds. The owner has no role.
         *
         *     Takes the permission `members:edit` in the organisation.
         */
        patch: operations["changeMember"];
        trace?: never;
    };
    "/v1/organizations/{organization_id}/members/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What I may do here
         * @description What the caller may do in this organisation: a person by role, a token by its scopes and no more than its person may. The owner may do everything.
         *
         *     For every member of the organisation, and its tokens.
         */
        get: operations["getMyStanding"];
        put?: never;
        post?: never;
        /**
         * Leave an organisation
         * @description Ends one’s own membership at once, in person. The owner has to transfer the organisation first.
         *
         *     For every member of the organisation, and its tokens.
         */
        delete: operations["leaveOrganization"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{organization_id}/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List roles
         * @description The oldest first. The owner’s rights are no role.
         *
         *     Takes the permission `roles:view` in the organisation.
         */
        get: operations["listRoles"];
        put?: never;
        /**
         * Create a role
         * @description Nobody grants what they do not hold: a role can name the permissions of whoever creates it.
         *
         *     Takes the permission `roles:edit` in the organisation.
         */
        post: operations["createRole"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/organizations/{organization_id}/roles/{role_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a role
         * @description Takes the permission `roles:view` in the organisation.
         */
        get: operations["getRole"];
        put?: never;
        post?: never;
        /**
         * Delete a role
         * @description One that no member and no pending invite has.
         *
         *     Takes the permission `roles:edit` in the organisation.
         */
        delete: operations["deleteRole"];
        options?: never;
        head?: never;
        /**
         * Change a role
         * @description For everybody who has it, at once. What is added must be held by whoever changes it; taking away needs no more than the permission to.
         *
         *     Takes the permission `roles:edit` in the organisation.
         */
        patch: operations["changeRole"];
        trace?: never;
    };
    "/v1/permissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What can be permitted
         * @description Every permission code with its meaning, in the order in which one would list them.
         *
         *     For anyone.
         */
        get: operations["listPermissions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/staff/people/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a person
         * @description For staff, in person.
         */
        get: operations["getPerson"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Make somebody staff, or take it away
         * @description By staff in person; the first of them is made on the server (`plimsoll people staff`). Only of somebody whose e-mail address is verified.
         *
         *     For staff, in person.
         */
        patch: operations["changePerson"];
        trace?: never;
    };
    "/v1/users/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is signed in
         * @description The person of the session, or whose personal token it is.
         *
         *     For a person, or their token.
         */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/me/access-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List my access tokens
         * @description Those that were not revoked, the newest first, without their secrets.
         *
         *     For a person who is signed in; for no token.
         */
        get: operations["listMyTokens"];
        put?: never;
        /**
         * Create an access token of my own
         * @description In each of one’s organisations it may do what it was made for and what one may do there oneself at that moment. No token makes another one.
         *
         *     For a person who is signed in; for no token.
         */
        post: operations["createMyToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/me/access-tokens/{access_token_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get one of my access tokens
         * @description For a person who is signed in; for no token.
         */
        get: operations["getMyToken"];
        put?: never;
        post?: never;
        /**
         * Revoke one of my access tokens
         * @description For the next call already.
         *
         *     For a person who is signed in; for no token.
         */
        delete: operations["revokeMyToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/me/invites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what I am invited to
         * @description What can be accepted now by the verified e-mail address of whoever is signed in, the newest first.
         *
         *     For a person who is signed in; for no token.
         */
        get: operations["listMyInvites"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/me/invites/{invite_id}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept one of my invites
         * @description By its id, out of one’s own list. The verified address is the proof, so the token of the mail is not needed.
         *
         *     For a person who is signed in; for no token.
         */
        post: operations["acceptMyInvite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AcceptedInvite: {
            member: components["schemas"]["Member"];
            /**
             * Format: uuid
             * @description a UUID
             */
            organization_id: string;
        };
        AccessToken: {
            /**
             * Format: date-time
             * @description an instant as RFC 3339, in UTC
             */
            created_at: string;
            expires_at: string | null;
            /**
             * Format: uuid
             * @description a UUID
             */
            id: string;
            last_used_at: string | null;
            name: string;
            networks: string[] | null;
            /** @description how the token begins, to tell it from others */
            prefix: string;
            scopes: ("organization:edit" | "members:view" | "members:invite" | "members:edit" | "members:remove" | "roles:view" | "roles:edit" | "tokens:manage" | "products:view" | "products:create" | "products:edit" | "products:archive" | "products:rotate_key" | "versions:manage" | "licenses:view" | "licenses:create" | "licenses:edit" | "licenses:revoke" | "licenses:manage_ips" | "licenses:reset_ips" | "transfers:review" | "ip_blacklist:manage" | "webhooks:manage" | "analytics:view" | "audit_log:view" | "billing:view" | "billing:manage")[];
        };
        AccessTokenList: {
            data: components["schemas"]["AccessToken"][];
            next_cursor: string | null;
        };
        AuditActor: {
            /** @description who used the command line on the server */
            by?: string;
            /** @description of a person, a token or a customer */
            id?: string;
            /**
             * @description one of user, token, customer, server, system
             * @enum {string}
             */
            kind: "user" | "token" | "customer" | "server" | "system";
            /** @description what part of the platform acted by itself */
            process?: string;
            user_id?: string | null;
        };
        AuditBreak: {
            /**
             * @description one of changed, out_of_order, not_linked, of_another_chain, not_the_head, not_as_signed, signature_changed, unknown_key
             * @enum {string}
             */
            reason: "changed" | "out_of_order" | "not_linked" | "of_another_chain" | "not_the_head" | "not_as_signed" | "signature_changed" | "unknown_key";
            seq: number;
        };
        AuditEntry: {
            action: string;
            actor: components["schemas"]["AuditActor"];
            after: {
                [key: string]: unknown;
            } | null;
            /**
             * Format: date-time
             * @description an instant as RFC 3339, in UTC
             */
            at: string;
            before: {
                [key: string]: unknown;
            } | null;
            /** @description SHA-256, in hexadecimal */
            hash: string;
            organization_id: string | null;
            origin: components["schemas"]["AuditOrigin"];
            /** @description SHA-256, in hexadecimal */
            previous_hash: string;
            /** @description from 1, without gaps */
            seq: number;
            target: components["schemas"]["AuditTarget"];
            /** @constant */
            version: 1;
        };
        AuditEntryList: {
            data: components["schemas"]["AuditEntry"][];
            next_cursor: string | null;
        };
        AuditKey: {
            /** @description what signatures name as `key_id` */
            id: string;
            /** @description 32 bytes in base64 (RFC 8032) */
            public_key: string;
            /** @description whether new heads are signed with it */
            signs: boolean;
        };
        AuditKeyList: {
            data: components["schemas"]["AuditKey"][];
        };
        AuditOrigin: {
            ip: string | null;
            request_id: string | null;
            user_agent: string | null;
        };
        AuditSigned: {
            /**
             * Format: date-time
             * @description an instant as RFC 3339, in UTC
             */
            at: string;
            /** @description the last entry that a signature covers, and with it all before */
            seq: number;
        };
        AuditTarget: {
            id: string;
            type: string;
        };
        AuditVerification: {
            broken: components["schemas"]["AuditBreak"] | null;
            /** @description how many were verified */
            entries: number;
            /** @description SHA-256, in hexadecimal */
            last_hash: string;
            /** @description how many of its signatures agreed */
            signatures: number;
            signed: components["schemas"]["AuditSigned"] | null;
            valid: boolean;
        };
        Invite: {
            /**
             * Format: date-time
             * @description an instant as RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: email
             * @description an e-mail address
             */
            email: string;
            /**
             * Format: date-time
             * @description an instant as RFC 3339, in UTC
             */
            expires_at: string;
            /**
             * Format: uuid
             * @description a UUID
             */
            id: string;
            role: components["schemas"]["RoleName"] | null;
            /**
             * Format: date-time
             * @description an instant as RFC 3339, in UTC
             */
            sent_at: string;
            /**
             * @description one of pending, accepted, withdrawn, lapsed
             * @enum {string}
             */
            state: "pending" | "accepted" | "withdrawn" | "lapsed";
        };
        InviteList: {
            data: components["schemas"]["Invite"][];
            next_cursor: string | null;
        };
        JoinedOrganization: {
            /**
             * Format: uuid
             * @description a UUID
             */
            id: string;
            is_owner: boolean;
            name: string;
            plan: string;
            role: components["schemas"]["RoleName"] | null;
            slug: string;
        };
        JoinedOrganizationList: {
            data: components["schemas"]["JoinedOrganization"][];
            next_cursor: string | null;
        };
        LicenseLookup: {
            /** Format: date-time */
            created_at: string;
            current_unique_ip_count: number;
            customer_discord_id: string | null;
            customer_email: string | null;
            customer_name: string | null;
            expires_at: string | null;
            global_customer_id: string | null;
            /** Format: uuid */
            id: string;
            ip_system_enabled: boolean;
            is_lifetime: boolean;
            license_key: string;
            max_ips: number | null;
            notes: string | null;
            /** Format: uuid */
            organization_id: string;
            /** Format: uuid */
            product_id: string;
            revoked_at: string | null;
            /** @enum {string} */
            status: "active" | "revoked" | "expired";
            /** Format: date-time */
            updated_at: string;
            version_pin_mode: ("exact" | "range") | null;
            version_pinned: string | null;
            version_range_max: string | null;
            version_range_min: string | null;
        };
        Member: {
            /**
             * Format: email
             * @description an e-mail address
             */
            email: string;
            is_owner: boolean;
            /**
             * Format: date-time
             * @description an instant as RFC 3339, in UTC
             */
            joined_at: string;
            name: string;
            role: components["schemas"]["RoleName"] | null;
            /**
             * Format: uuid
             * @description a UUID
             */
            user_id: string;
        };
        MemberList: {
            data: components["schemas"]["Member"][];
            next_cursor: string | null;
        };
        NewAccessToken: {
            /**
             * Format: date-time
             * @description an instant as RFC 3339, in UTC
             */
            created_at: string;
            expires_at: string | null;
            /**
             * Format: uuid
             * @description a UUID
             */
            id: string;
            last_used_at: string | null;
            name: string;
            networks: string[] | null;
            /** @description how the token begins, to tell it from others */
            prefix: string;
            scopes: ("organization:edit" | "members:view" | "members:invite" | "members:edit" | "members:remove" | "roles:view" | "roles:edit" | "tokens:manage" | "products:view" | "products:create" | "products:edit" | "products:archive" | "products:rotate_key" | "versions:manage" | "licenses:view" | "licenses:create" | "licenses:edit" | "licenses:revoke" | "licenses:manage_ips" | "licenses:reset_ips" | "transfers:review" | "ip_blacklist:manage" | "webhooks:manage" | "analytics:view" | "audit_log:view" | "billing:view" | "billing:manage")[];
            /** @description shown this once: nobody can read it again */
            token: string;
        };
        Organization: {
            /**
             * @description one of active, billing_grace, billing_suspended, cancelled
             * @enum {string}
             */
            billing_state: "active" | "billing_grace" | "billing_suspended" | "cancelled";
            /**
             * Format: date-time
             * @description an instant as RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: uuid
             * @description a UUID
             */
            id: string;
            /** @description by the platform */
            is_suspended: boolean;
            name: string;
            owner_id: string | null;
            plan: string;
            signing_enabled: boolean;
            /** @description set at creation, never changed */
            slug: string;
        };
        OrganizationName: {
            /**
             * Format: uuid
             * @description a UUID
             */
            id: string;
            name: string;
        };
        OwnInvite: {
            /**
             * Format: date-time
             * @description an instant as RFC 3339, in UTC
             */
            expires_at: string;
            /**
             * Format: uuid
             * @description a UUID
             */
            id: string;
            organization: components["schemas"]["OrganizationName"];
            role: components["schemas"]["RoleName"] | null;
        };
        OwnInviteList: {
            data: components["schemas"]["OwnInvite"][];
            next_cursor: string | null;
        };
        Permission: {
            /**
             * @description one of organization:edit, members:view, members:invite, members:edit, members:remove, roles:view, roles:edit, tokens:manage, products:view, products:create, products:edit, products:archive, products:rotate_key, versions:manage, licenses:view, licenses:create, licenses:edit, licenses:revoke, licenses:manage_ips, licenses:reset_ips, transfers:review, ip_blacklist:manage, webhooks:manage, analytics:view, audit_log:view, billing:view, billing:manage
             * @enum {string}
             */
            code: "organization:edit" | "members:view" | "members:invite" | "members:edit" | "members:remove" | "roles:view" | "roles:edit" | "tokens:manage" | "products:view" | "products:create" | "products:edit" | "products:archive" | "products:rotate_key" | "versions:manage" | "licenses:view" | "licenses:create" | "licenses:edit" | "licenses:revoke" | "licenses:manage_ips" | "licenses:reset_ips" | "transfers:review" | "ip_blacklist:manage" | "webhooks:manage" | "analytics:view" | "audit_log:view" | "billing:view" | "billing:manage";
            meaning: string;
        };
        PermissionList: {
            data: components["schemas"]["Permission"][];
        };
        Person: {
            /**
             * Format: date-time
             * @description an instant as RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: email
             * @description an e-mail address
             */
            email: string;
            email_verified: boolean;
            /**
             * Format: uuid
             * @description a UUID
             */
            id: string;
            is_staff: boolean;
            name: string;
        };
        /** @description What went wrong, and what helps. Some codes have more members, such as the limit that was reached. */
        Problem: {
            /** @enum {string} */
            code: "conflict" | "email_not_verified" | "expectation_failed" | "feature_not_available" | "forbidden" | "headers_too_large" | "idempotency_conflict" | "idempotency_running" | "internal_error" | "invalid_api_key" | "invalid_code" | "invalid_credentials" | "invalid_request" | "license_not_found" | "link_not_valid" | "method_not_allowed" | "name_taken" | "not_found" | "origin_not_allowed" | "payload_too_large" | "plan_limit_reached" | "precondition_failed" | "rate_limit_exceeded" | "rate_limited" | "request_timeout" | "unauthenticated" | "unavailable" | "unsupported_media_type" | "validation_failed";
            /** @description what is, what is allowed, what helps */
            detail: string;
            /** @description every fault of the request */
            errors?: {
                /** @description what would be accepted */
                accepts: string;
                code: string;
                message: string;
                /** @description where, as a JSON pointer into body or query */
                pointer: string;
            }[];
            request_id: string;
            status: number;
            title: string;
            /** @description leads to a page about the code */
            type: string;
        };
        PublicError: {
            errors?: Record<string, never>[];
            message: string;
            retry_after?: number;
            /** @description the code */
            status: string;
            /** @constant */
            valid: false;
        };
        Role: {
            /**
             * Format: date-time
             * @description an instant as RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: uuid
             * @description a UUID
             */
            id: string;
            name: string;
            permissions: ("organization:edit" | "members:view" | "members:invite" | "members:edit" | "members:remove" | "roles:view" | "roles:edit" | "tokens:manage" | "products:view" | "products:create" | "products:edit" | "products:archive" | "products:rotate_key" | "versions:manage" | "licenses:view" | "licenses:create" | "licenses:edit" | "licenses:revoke" | "licenses:manage_ips" | "licenses:reset_ips" | "transfers:review" | "ip_blacklist:manage" | "webhooks:manage" | "analytics:view" | "audit_log:view" | "billing:view" | "billing:manage")[];
            /**
             * Format: date-time
             * @description an instant as RFC 3339, in UTC
             */
            updated_at: string;
        };
        RoleList: {
            data: components["schemas"]["Role"][];
            next_cursor: string | null;
        };
        RoleName: {
            /**
             * Format: uuid
             * @description a UUID
             */
            id: string;
            name: string;
        };
        Standing: {
            is_owner: boolean;
            permissions: ("organization:edit" | "members:view" | "members:invite" | "members:edit" | "members:remove" | "roles:view" | "roles:edit" | "tokens:manage" | "products:view" | "products:create" | "products:edit" | "products:archive" | "products:rotate_key" | "versions:manage" | "licenses:view" | "licenses:create" | "licenses:edit" | "licenses:revoke" | "licenses:manage_ips" | "licenses:reset_ips" | "transfers:review" | "ip_blacklist:manage" | "webhooks:manage" | "analytics:view" | "audit_log:view" | "billing:view" | "billing:manage")[];
            role: components["schemas"]["RoleName"] | null;
            user_id: string | null;
        };
        Verdict: {
            custom: Record<string, never> | null;
            expires: string | null;
            ip_count: number | null;
            ip_registered: boolean | null;
            max_ips: number | null;
            signature: string | null;
            /**
             * @description why
             * @enum {string}
             */
            status: "active" | "license_not_found" | "revoked" | "expired" | "ip_blocked" | "ip_limit_reached" | "ip_not_registered" | "product_not_found" | "product_archived" | "product_disabled" | "org_suspended" | "billing_suspended";
            /** @description the one thing to gate on */
            valid: boolean;
            version: string | null;
            version_valid: boolean | null;
        };
    };
    responses: {
        /** @description `conflict`: That does not fit what is there */
        Conflict: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/conflict",
                 *       "title": "That does not fit what is there",
                 *       "status": 409,
                 *       "detail": "What was asked for contradicts the state of a thing; `detail` says which. Read it again, then decide.",
                 *       "code": "conflict",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "conflict";
                };
            };
        };
        /** @description `forbidden`: This is not allowed to you */
        Forbidden: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/forbidden",
                 *       "title": "This is not allowed to you",
                 *       "status": 403,
                 *       "detail": "You are known, and what you asked for is there, but your role or your token lacks what `permissions` names, or the route is for others.",
                 *       "code": "forbidden",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "forbidden";
                };
            };
        };
        /** @description `forbidden`: This is not allowed to you. `origin_not_allowed`: Requests from this origin are not taken */
        ForbiddenOrOriginNotAllowed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/forbidden",
                 *       "title": "This is not allowed to you",
                 *       "status": 403,
                 *       "detail": "You are known, and what you asked for is there, but your role or your token lacks what `permissions` names, or the route is for others.",
                 *       "code": "forbidden",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "forbidden" | "origin_not_allowed";
                };
            };
        };
        /** @description `forbidden`: This is not allowed to you. `origin_not_allowed`: Requests from this origin are not taken. `feature_not_available`: The plan does not have this */
        ForbiddenOrOriginNotAllowedOrFeatureNotAvailable: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/forbidden",
                 *       "title": "This is not allowed to you",
                 *       "status": 403,
                 *       "detail": "You are known, and what you asked for is there, but your role or your token lacks what `permissions` names, or the route is for others.",
                 *       "code": "forbidden",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "forbidden" | "origin_not_allowed" | "feature_not_available";
                };
            };
        };
        /** @description `forbidden`: This is not allowed to you. `origin_not_allowed`: Requests from this origin are not taken. `feature_not_available`: The plan does not have this. `plan_limit_reached`: The plan allows no more of these */
        ForbiddenOrOriginNotAllowedOrFeatureNotAvailableOrPlanLimitReached: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/forbidden",
                 *       "title": "This is not allowed to you",
                 *       "status": 403,
                 *       "detail": "You are known, and what you asked for is there, but your role or your token lacks what `permissions` names, or the route is for others.",
                 *       "code": "forbidden",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "forbidden" | "origin_not_allowed" | "feature_not_available" | "plan_limit_reached";
                };
            };
        };
        /** @description `forbidden`: This is not allowed to you. `origin_not_allowed`: Requests from this origin are not taken. `plan_limit_reached`: The plan allows no more of these */
        ForbiddenOrOriginNotAllowedOrPlanLimitReached: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/forbidden",
                 *       "title": "This is not allowed to you",
                 *       "status": 403,
                 *       "detail": "You are known, and what you asked for is there, but your role or your token lacks what `permissions` names, or the route is for others.",
                 *       "code": "forbidden",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "forbidden" | "origin_not_allowed" | "plan_limit_reached";
                };
            };
        };
        /** @description `idempotency_running`: A request with this Idempotency-Key is still running */
        IdempotencyRunning: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/idempotency_running",
                 *       "title": "A request with this Idempotency-Key is still running",
                 *       "status": 409,
                 *       "detail": "The first request with this key has no answer yet. Ask again after `Retry-After`: its answer will be given.",
                 *       "code": "idempotency_running",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "idempotency_running";
                };
            };
        };
        /** @description `idempotency_running`: A request with this Idempotency-Key is still running. `conflict`: That does not fit what is there */
        IdempotencyRunningOrConflict: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/idempotency_running",
                 *       "title": "A request with this Idempotency-Key is still running",
                 *       "status": 409,
                 *       "detail": "The first request with this key has no answer yet. Ask again after `Retry-After`: its answer will be given.",
                 *       "code": "idempotency_running",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "idempotency_running" | "conflict";
                };
            };
        };
        /** @description `idempotency_running`: A request with this Idempotency-Key is still running. `name_taken`: Another one already has this name */
        IdempotencyRunningOrNameTaken: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/idempotency_running",
                 *       "title": "A request with this Idempotency-Key is still running",
                 *       "status": 409,
                 *       "detail": "The first request with this key has no answer yet. Ask again after `Retry-After`: its answer will be given.",
                 *       "code": "idempotency_running",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "idempotency_running" | "name_taken";
                };
            };
        };
        /** @description `internal_error`: Something went wrong on our side */
        InternalError: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/internal_error",
                 *       "title": "Something went wrong on our side",
                 *       "status": 500,
                 *       "detail": "A fault of ours. Send the `request_id` along with your report: our log has the cause under it.",
                 *       "code": "internal_error",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "internal_error";
                };
            };
        };
        /** @description `invalid_request`: The request is not what this route takes */
        InvalidRequest: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/invalid_request",
                 *       "title": "The request is not what this route takes",
                 *       "status": 400,
                 *       "detail": "The request is no well-formed HTTP, or its body can not be read. On the public API also a body that lacks something. `errors` names each fault.",
                 *       "code": "invalid_request",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "invalid_request";
                };
            };
        };
        /** @description `name_taken`: Another one already has this name */
        NameTaken: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/name_taken",
                 *       "title": "Another one already has this name",
                 *       "status": 409,
                 *       "detail": "The value at the `pointer` of `errors` is taken. Choose another.",
                 *       "code": "name_taken",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "name_taken";
                };
            };
        };
        /** @description `not_found`: There is nothing here */
        NotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/not_found",
                 *       "title": "There is nothing here",
                 *       "status": 404,
                 *       "detail": "Nothing is at this path, or nothing that you may know of: what belongs to others answers as if it were not there.",
                 *       "code": "not_found",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "not_found";
                };
            };
        };
        /** @description `payload_too_large`: The body is too large */
        PayloadTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/payload_too_large",
                 *       "title": "The body is too large",
                 *       "status": 413,
                 *       "detail": "Bodies are read up to a size that `errors` names. Nothing was done, and nothing counted.",
                 *       "code": "payload_too_large",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "payload_too_large";
                };
            };
        };
        /** @description `precondition_failed`: It was changed since you read it */
        PreconditionFailed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/precondition_failed",
                 *       "title": "It was changed since you read it",
                 *       "status": 412,
                 *       "detail": "`If-Match` does not hold the ETag that the thing has now. Read it again, and apply your change to that.",
                 *       "code": "precondition_failed",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "precondition_failed";
                };
            };
        };
        /** @description `rate_limited`: Too many requests */
        RateLimited: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/rate_limited",
                 *       "title": "Too many requests",
                 *       "status": 429,
                 *       "detail": "You asked more often than is served in a minute. `Retry-After` says in how many seconds one more is taken.",
                 *       "code": "rate_limited",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "rate_limited";
                };
            };
        };
        /** @description `unauthenticated`: Nobody is signed in */
        Unauthenticated: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/unauthenticated",
                 *       "title": "Nobody is signed in",
                 *       "status": 401,
                 *       "detail": "The route takes a session cookie or an access token, and none came, or one that has ended, was revoked or is unknown.",
                 *       "code": "unauthenticated",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "unauthenticated";
                };
            };
        };
        /** @description `unavailable`: A part that is needed is away */
        Unavailable: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/unavailable",
                 *       "title": "A part that is needed is away",
                 *       "status": 503,
                 *       "detail": "Try again after `Retry-After`. Whether something was done is not known; an `Idempotency-Key` makes the repeat safe.",
                 *       "code": "unavailable",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "unavailable";
                };
            };
        };
        /** @description `unsupported_media_type`: The body is encoded in a way that is not read here */
        UnsupportedMediaType: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/unsupported_media_type",
                 *       "title": "The body is encoded in a way that is not read here",
                 *       "status": 415,
                 *       "detail": "Send JSON in UTF-8 with `Content-Type: application/json` and without a `Content-Encoding`.",
                 *       "code": "unsupported_media_type",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "unsupported_media_type";
                };
            };
        };
        /** @description `validation_failed`: Something in the request is not accepted */
        ValidationFailed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/validation_failed",
                 *       "title": "Something in the request is not accepted",
                 *       "status": 422,
                 *       "detail": "`errors` names all faults at once, a hundred at most: where, a code, what is wrong, and what would be accepted.",
                 *       "code": "validation_failed",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "validation_failed";
                };
            };
        };
        /** @description `validation_failed`: Something in the request is not accepted. `idempotency_conflict`: This Idempotency-Key belongs to another request */
        ValidationFailedOrIdempotencyConflict: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "/problems/validation_failed",
                 *       "title": "Something in the request is not accepted",
                 *       "status": 422,
                 *       "detail": "`errors` names all faults at once, a hundred at most: where, a code, what is wrong, and what would be accepted.",
                 *       "code": "validation_failed",
                 *       "request_id": "req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "validation_failed" | "idempotency_conflict";
                };
            };
        };
    };
    parameters: {
        /** @description Any text that is yours alone, such as a UUID. Repeated within 24 hours with the same key, the request is done once, and the first answer given again with `Idempotent-Replayed: true`. */
        IdempotencyKey: string;
        /** @description The ETag of the thing as you read it: it is changed only if it still is that. */
        IfMatch: string;
        /** @description The ETag of the answer that you have: it is not sent again. */
        IfNoneMatch: string;
    };
    requestBodies: never;
    headers: {
        /** @description What this answer reads as; to be sent in `If-Match` */
        ETag: string;
        /** @description Calls that you have a minute */
        "RateLimit-Limit": number;
        /** @description Calls that are left of this minute */
        "RateLimit-Remaining": number;
        /** @description Seconds until this minute ends */
        "RateLimit-Reset": number;
        /** @description Names this request in our log: your own id, where you sent a decent one */
        "X-Request-Id": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    lookUpLicense: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                license_key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The licence */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LicenseLookup"];
                };
            };
            /** @description `invalid_request`: The request is not what this route takes */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicError"];
                };
            };
            /** @description `invalid_api_key`: The API key is missing, malformed or unknown */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicError"];
                };
            };
            /** @description `license_not_found`: No such licence under this product */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicError"];
                };
            };
            /** @description `rate_limit_exceeded`: The daily quota is used up */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicError"];
                };
            };
            /** @description `internal_error`: Something went wrong on our side */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicError"];
                };
            };
            /** @description `unavailable`: A part that is needed is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicError"];
                };
            };
        };
    };
    validateLicense: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "license_key": "AB12-CD34-EF56-GH78",
                 *       "version": "2.1.0"
                 *     }
                 */
                "application/json": {
                    /** @description a label of your own as a string */
                    device_id?: string | null;
                    /** @description the licence key as a string */
                    license_key: string;
                    /** @description the application's version as a string */
                    version?: string | null;
                };
            };
        };
        responses: {
            /** @description The verdict */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verdict"];
                };
            };
            /** @description `invalid_request`: The request is not what this route takes */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicError"];
                };
            };
            /** @description `invalid_api_key`: The API key is missing, malformed or unknown */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicError"];
                };
            };
            /** @description `payload_too_large`: The body is too large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicError"];
                };
            };
            /** @description `unsupported_media_type`: The body is encoded in a way that is not read here */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicError"];
                };
            };
            /** @description `rate_limit_exceeded`: The daily quota is used up */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicError"];
                };
            };
            /** @description `internal_error`: Something went wrong on our side */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicError"];
                };
            };
            /** @description `unavailable`: A part that is needed is away */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicError"];
                };
            };
        };
    };
    listAuditKeys: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "a1",
                     *           "public_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                     *           "signs": true
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["AuditKeyList"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    acceptInvite: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text that is yours alone, such as a UUID. Repeated within 24 hours with the same key, the request is done once, and the first answer given again with `Idempotent-Replayed: true`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "token": "k3Jd9fQ2mX7cVb1nLz8pRt5wYh4sGa6eUo0iKj2M"
                 *     }
                 */
                "application/json": {
                    /** @description the token in the link of the mail */
                    token: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "organization_id": "0199a1b2-0001-7000-8000-5d0f3c6b9a11",
                     *       "member": {
                     *         "user_id": "0199a1c3-0002-7000-8000-1b2c3d4e5f60",
                     *         "name": "Bob Miller",
                     *         "email": "bob@example.com",
                     *         "is_owner": false,
                     *         "role": {
                     *           "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071",
                     *           "name": "Support"
                     *         },
                     *         "joined_at": "2026-11-21T09:30:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["AcceptedInvite"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowedOrPlanLimitReached"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["IdempotencyRunningOrConflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailedOrIdempotencyConflict"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listOrganizations: {
        parameters: {
            query?: {
                /** @description a next_cursor that this list has given */
                cursor?: string;
                /** @description a whole number from 1 to 100 */
                limit?: number;
            };
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "0199a1b2-0001-7000-8000-5d0f3c6b9a11",
                     *           "name": "Acme",
                     *           "slug": "acme",
                     *           "plan": "free",
                     *           "is_owner": true,
                     *           "role": null
                     *         }
                     *       ],
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["JoinedOrganizationList"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createOrganization: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text that is yours alone, such as a UUID. Repeated within 24 hours with the same key, the request is done once, and the first answer given again with `Idempotent-Replayed: true`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Acme",
                 *       "slug": "acme"
                 *     }
                 */
                "application/json": {
                    /** @description the name as people read it, of up to 80 characters */
                    name: string;
                    /** @description 1 to 48 lower-case letters, digits and hyphens, no hyphen at either end */
                    slug: string;
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1b2-0001-7000-8000-5d0f3c6b9a11",
                     *       "name": "Acme",
                     *       "slug": "acme",
                     *       "plan": "free",
                     *       "billing_state": "active",
                     *       "is_suspended": false,
                     *       "signing_enabled": false,
                     *       "owner_id": "0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b",
                     *       "created_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Organization"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowedOrPlanLimitReached"];
            409: components["responses"]["IdempotencyRunningOrNameTaken"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailedOrIdempotencyConflict"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getOrganization: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1b2-0001-7000-8000-5d0f3c6b9a11",
                     *       "name": "Acme",
                     *       "slug": "acme",
                     *       "plan": "free",
                     *       "billing_state": "active",
                     *       "is_suspended": false,
                     *       "signing_enabled": false,
                     *       "owner_id": "0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b",
                     *       "created_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Organization"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    changeOrganization: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the thing as you read it: it is changed only if it still is that. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Acme Tools"
                 *     }
                 */
                "application/json": {
                    /** @description the name as people read it, of up to 80 characters */
                    name: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1b2-0001-7000-8000-5d0f3c6b9a11",
                     *       "name": "Acme Tools",
                     *       "slug": "acme",
                     *       "plan": "free",
                     *       "billing_state": "active",
                     *       "is_suspended": false,
                     *       "signing_enabled": false,
                     *       "owner_id": "0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b",
                     *       "created_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Organization"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowed"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listOrganizationTokens: {
        parameters: {
            query?: {
                /** @description a next_cursor that this list has given */
                cursor?: string;
                /** @description a whole number from 1 to 100 */
                limit?: number;
            };
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "0199a1c6-0005-7000-8000-4e5f60718293",
                     *           "name": "CI",
                     *           "prefix": "plm_7Gh2",
                     *           "scopes": [
                     *             "licenses:view",
                     *             "licenses:create"
                     *           ],
                     *           "networks": [
                     *             "192.0.2.0/24"
                     *           ],
                     *           "expires_at": null,
                     *           "last_used_at": null,
                     *           "created_at": "2026-11-21T09:30:00.000Z"
                     *         }
                     *       ],
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["AccessTokenList"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createOrganizationToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text that is yours alone, such as a UUID. Repeated within 24 hours with the same key, the request is done once, and the first answer given again with `Idempotent-Replayed: true`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "CI",
                 *       "scopes": [
                 *         "licenses:view",
                 *         "licenses:create"
                 *       ],
                 *       "networks": [
                 *         "192.0.2.0/24"
                 *       ]
                 *     }
                 */
                "application/json": {
                    expires_at?: string | null;
                    /** @description a name to know it by, of up to 80 characters */
                    name: string;
                    networks?: string[] | null;
                    /** @description a list of permission codes */
                    scopes: ("organization:edit" | "members:view" | "members:invite" | "members:edit" | "members:remove" | "roles:view" | "roles:edit" | "tokens:manage" | "products:view" | "products:create" | "products:edit" | "products:archive" | "products:rotate_key" | "versions:manage" | "licenses:view" | "licenses:create" | "licenses:edit" | "licenses:revoke" | "licenses:manage_ips" | "licenses:reset_ips" | "transfers:review" | "ip_blacklist:manage" | "webhooks:manage" | "analytics:view" | "audit_log:view" | "billing:view" | "billing:manage")[];
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1c6-0005-7000-8000-4e5f60718293",
                     *       "name": "CI",
                     *       "prefix": "plm_7Gh2",
                     *       "scopes": [
                     *         "licenses:view",
                     *         "licenses:create"
                     *       ],
                     *       "networks": [
                     *         "192.0.2.0/24"
                     *       ],
                     *       "expires_at": null,
                     *       "last_used_at": null,
                     *       "created_at": "2026-11-21T09:30:00.000Z",
                     *       "token": "plm_7Gh2…"
                     *     }
                     */
                    "application/json": components["schemas"]["NewAccessToken"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowed"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["IdempotencyRunning"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailedOrIdempotencyConflict"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getOrganizationToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                access_token_id: string;
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1c6-0005-7000-8000-4e5f60718293",
                     *       "name": "CI",
                     *       "prefix": "plm_7Gh2",
                     *       "scopes": [
                     *         "licenses:view",
                     *         "licenses:create"
                     *       ],
                     *       "networks": [
                     *         "192.0.2.0/24"
                     *       ],
                     *       "expires_at": null,
                     *       "last_used_at": null,
                     *       "created_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["AccessToken"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    revokeOrganizationToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                access_token_id: string;
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowed"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listAuditLog: {
        parameters: {
            query?: {
                /** @description an action, such as product.created */
                action?: string;
                /** @description the id of a person (what their tokens did included), a token or a customer */
                actor?: string;
                /** @description a next_cursor that this list has given */
                cursor?: string;
                /** @description an instant: entries from then on */
                from?: string;
                /** @description a whole number from 1 to 100 */
                limit?: number;
                /** @description the id of what was changed */
                target?: string;
                /** @description an instant: entries before it */
                until?: string;
            };
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "version": 1,
                     *           "organization_id": "0199a1b2-0001-7000-8000-5d0f3c6b9a11",
                     *           "seq": 2,
                     *           "previous_hash": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                     *           "at": "2026-11-21T09:30:00.000Z",
                     *           "actor": {
                     *             "kind": "user",
                     *             "id": "0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
                     *           },
                     *           "action": "role.created",
                     *           "target": {
                     *             "type": "role",
                     *             "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071"
                     *           },
                     *           "before": null,
                     *           "after": {
                     *             "name": "Support"
                     *           },
                     *           "origin": {
                     *             "ip": "192.0.2.1",
                     *             "user_agent": "curl/8",
                     *             "request_id": null
                     *           },
                     *           "hash": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
                     *         }
                     *       ],
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["AuditEntryList"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    exportAuditLog: {
        parameters: {
            query?: {
                /** @description an action, such as product.created */
                action?: string;
                /** @description the id of a person (what their tokens did included), a token or a customer */
                actor?: string;
                /** @description an instant: entries from then on */
                from?: string;
                /** @description the id of what was changed */
                target?: string;
                /** @description an instant: entries before it */
                until?: string;
            };
            header?: never;
            path: {
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /** @example {"version":1,"organization_id":"0199a1b2-0001-7000-8000-5d0f3c6b9a11","seq":2,"previous_hash":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","at":"2026-11-21T09:30:00.000Z","actor":{"kind":"user","id":"0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b"},"action":"role.created","target":{"type":"role","id":"0199a1c4-0003-7000-8000-2c3d4e5f6071"},"before":null,"after":{"name":"Support"},"origin":{"ip":"192.0.2.1","user_agent":"curl/8","request_id":null},"hash":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"} */
                    "application/x-ndjson": string;
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    verifyAuditLog: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "valid": true,
                     *       "entries": 2,
                     *       "last_hash": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
                     *       "signatures": 1,
                     *       "signed": {
                     *         "seq": 2,
                     *         "at": "2026-11-21T09:30:00.000Z"
                     *       },
                     *       "broken": null
                     *     }
                     */
                    "application/json": components["schemas"]["AuditVerification"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listInvites: {
        parameters: {
            query?: {
                /** @description a next_cursor that this list has given */
                cursor?: string;
                /** @description a whole number from 1 to 100 */
                limit?: number;
                /**
                 * @description one of pending, accepted, withdrawn, lapsed
                 * @example pending
                 */
                state?: "pending" | "accepted" | "withdrawn" | "lapsed";
            };
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "0199a1c5-0004-7000-8000-3d4e5f607182",
                     *           "email": "bob@example.com",
                     *           "role": {
                     *             "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071",
                     *             "name": "Support"
                     *           },
                     *           "state": "pending",
                     *           "sent_at": "2026-11-21T09:30:00.000Z",
                     *           "expires_at": "2026-11-28T09:30:00.000Z",
                     *           "created_at": "2026-11-21T09:30:00.000Z"
                     *         }
                     *       ],
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["InviteList"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createInvite: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text that is yours alone, such as a UUID. Repeated within 24 hours with the same key, the request is done once, and the first answer given again with `Idempotent-Replayed: true`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "bob@example.com",
                 *       "role_id": "0199a1c4-0003-7000-8000-2c3d4e5f6071"
                 *     }
                 */
                "application/json": {
                    /**
                     * Format: email
                     * @description an e-mail address
                     */
                    email: string;
                    /**
                     * Format: uuid
                     * @description a UUID
                     */
                    role_id: string;
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1c5-0004-7000-8000-3d4e5f607182",
                     *       "email": "bob@example.com",
                     *       "role": {
                     *         "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071",
                     *         "name": "Support"
                     *       },
                     *       "state": "pending",
                     *       "sent_at": "2026-11-21T09:30:00.000Z",
                     *       "expires_at": "2026-11-28T09:30:00.000Z",
                     *       "created_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Invite"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowedOrFeatureNotAvailableOrPlanLimitReached"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["IdempotencyRunningOrConflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailedOrIdempotencyConflict"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getInvite: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                invite_id: string;
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1c5-0004-7000-8000-3d4e5f607182",
                     *       "email": "bob@example.com",
                     *       "role": {
                     *         "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071",
                     *         "name": "Support"
                     *       },
                     *       "state": "pending",
                     *       "sent_at": "2026-11-21T09:30:00.000Z",
                     *       "expires_at": "2026-11-28T09:30:00.000Z",
                     *       "created_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Invite"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    withdrawInvite: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                invite_id: string;
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowed"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    resendInvite: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text that is yours alone, such as a UUID. Repeated within 24 hours with the same key, the request is done once, and the first answer given again with `Idempotent-Replayed: true`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                invite_id: string;
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1c5-0004-7000-8000-3d4e5f607182",
                     *       "email": "bob@example.com",
                     *       "role": {
                     *         "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071",
                     *         "name": "Support"
                     *       },
                     *       "state": "pending",
                     *       "sent_at": "2026-11-21T09:30:00.000Z",
                     *       "expires_at": "2026-11-28T09:30:00.000Z",
                     *       "created_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Invite"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowedOrFeatureNotAvailable"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["IdempotencyRunningOrConflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailedOrIdempotencyConflict"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listMembers: {
        parameters: {
            query?: {
                /** @description a next_cursor that this list has given */
                cursor?: string;
                /** @description a whole number from 1 to 100 */
                limit?: number;
            };
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "user_id": "0199a1c3-0002-7000-8000-1b2c3d4e5f60",
                     *           "name": "Bob Miller",
                     *           "email": "bob@example.com",
                     *           "is_owner": false,
                     *           "role": {
                     *             "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071",
                     *             "name": "Support"
                     *           },
                     *           "joined_at": "2026-11-21T09:30:00.000Z"
                     *         }
                     *       ],
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["MemberList"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                organization_id: string;
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "user_id": "0199a1c3-0002-7000-8000-1b2c3d4e5f60",
                     *       "name": "Bob Miller",
                     *       "email": "bob@example.com",
                     *       "is_owner": false,
                     *       "role": {
                     *         "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071",
                     *         "name": "Support"
                     *       },
                     *       "joined_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Member"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    removeMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: string;
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowed"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    changeMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the thing as you read it: it is changed only if it still is that. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                organization_id: string;
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "role_id": "0199a1c4-0003-7000-8000-2c3d4e5f6071"
                 *     }
                 */
                "application/json": {
                    /**
                     * Format: uuid
                     * @description a UUID
                     */
                    role_id: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "user_id": "0199a1c3-0002-7000-8000-1b2c3d4e5f60",
                     *       "name": "Bob Miller",
                     *       "email": "bob@example.com",
                     *       "is_owner": false,
                     *       "role": {
                     *         "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071",
                     *         "name": "Support"
                     *       },
                     *       "joined_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Member"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowed"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getMyStanding: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "user_id": "0199a1c3-0002-7000-8000-1b2c3d4e5f60",
                     *       "is_owner": false,
                     *       "role": {
                     *         "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071",
                     *         "name": "Support"
                     *       },
                     *       "permissions": [
                     *         "licenses:view",
                     *         "licenses:reset_ips"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Standing"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    leaveOrganization: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowed"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listRoles: {
        parameters: {
            query?: {
                /** @description a next_cursor that this list has given */
                cursor?: string;
                /** @description a whole number from 1 to 100 */
                limit?: number;
            };
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071",
                     *           "name": "Support",
                     *           "permissions": [
                     *             "licenses:view",
                     *             "licenses:reset_ips"
                     *           ],
                     *           "created_at": "2026-11-21T09:30:00.000Z",
                     *           "updated_at": "2026-11-21T09:30:00.000Z"
                     *         }
                     *       ],
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["RoleList"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createRole: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text that is yours alone, such as a UUID. Repeated within 24 hours with the same key, the request is done once, and the first answer given again with `Idempotent-Replayed: true`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                organization_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Support",
                 *       "permissions": [
                 *         "licenses:view",
                 *         "licenses:reset_ips"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** @description the name of the role, of up to 80 characters */
                    name: string;
                    /** @description a list of permission codes */
                    permissions: ("organization:edit" | "members:view" | "members:invite" | "members:edit" | "members:remove" | "roles:view" | "roles:edit" | "tokens:manage" | "products:view" | "products:create" | "products:edit" | "products:archive" | "products:rotate_key" | "versions:manage" | "licenses:view" | "licenses:create" | "licenses:edit" | "licenses:revoke" | "licenses:manage_ips" | "licenses:reset_ips" | "transfers:review" | "ip_blacklist:manage" | "webhooks:manage" | "analytics:view" | "audit_log:view" | "billing:view" | "billing:manage")[];
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071",
                     *       "name": "Support",
                     *       "permissions": [
                     *         "licenses:view",
                     *         "licenses:reset_ips"
                     *       ],
                     *       "created_at": "2026-11-21T09:30:00.000Z",
                     *       "updated_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Role"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowedOrFeatureNotAvailable"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["IdempotencyRunningOrNameTaken"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailedOrIdempotencyConflict"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getRole: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                organization_id: string;
                role_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071",
                     *       "name": "Support",
                     *       "permissions": [
                     *         "licenses:view",
                     *         "licenses:reset_ips"
                     *       ],
                     *       "created_at": "2026-11-21T09:30:00.000Z",
                     *       "updated_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Role"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteRole: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                organization_id: string;
                role_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowed"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    changeRole: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the thing as you read it: it is changed only if it still is that. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                organization_id: string;
                role_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "permissions": [
                 *         "licenses:view"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** @description the name of the role, of up to 80 characters */
                    name?: string;
                    /** @description a list of permission codes */
                    permissions?: ("organization:edit" | "members:view" | "members:invite" | "members:edit" | "members:remove" | "roles:view" | "roles:edit" | "tokens:manage" | "products:view" | "products:create" | "products:edit" | "products:archive" | "products:rotate_key" | "versions:manage" | "licenses:view" | "licenses:create" | "licenses:edit" | "licenses:revoke" | "licenses:manage_ips" | "licenses:reset_ips" | "transfers:review" | "ip_blacklist:manage" | "webhooks:manage" | "analytics:view" | "audit_log:view" | "billing:view" | "billing:manage")[];
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071",
                     *       "name": "Support",
                     *       "permissions": [
                     *         "licenses:view"
                     *       ],
                     *       "created_at": "2026-11-21T09:30:00.000Z",
                     *       "updated_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Role"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowedOrFeatureNotAvailable"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["NameTaken"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listPermissions: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "code": "products:view",
                     *           "meaning": "See products and their settings"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["PermissionList"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getPerson: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b",
                     *       "name": "Ann Cooper",
                     *       "email": "ann@example.com",
                     *       "email_verified": true,
                     *       "is_staff": false,
                     *       "created_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Person"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    changePerson: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the thing as you read it: it is changed only if it still is that. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "is_staff": true
                 *     }
                 */
                "application/json": {
                    /** @description true or false */
                    is_staff: boolean;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b",
                     *       "name": "Ann Cooper",
                     *       "email": "ann@example.com",
                     *       "email_verified": true,
                     *       "is_staff": true,
                     *       "created_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Person"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowed"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b",
                     *       "name": "Ann Cooper",
                     *       "email": "ann@example.com",
                     *       "email_verified": true,
                     *       "is_staff": false,
                     *       "created_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Person"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listMyTokens: {
        parameters: {
            query?: {
                /** @description a next_cursor that this list has given */
                cursor?: string;
                /** @description a whole number from 1 to 100 */
                limit?: number;
            };
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "0199a1c6-0005-7000-8000-4e5f60718293",
                     *           "name": "CI",
                     *           "prefix": "plm_7Gh2",
                     *           "scopes": [
                     *             "licenses:view",
                     *             "licenses:create"
                     *           ],
                     *           "networks": [
                     *             "192.0.2.0/24"
                     *           ],
                     *           "expires_at": null,
                     *           "last_used_at": null,
                     *           "created_at": "2026-11-21T09:30:00.000Z"
                     *         }
                     *       ],
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["AccessTokenList"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createMyToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text that is yours alone, such as a UUID. Repeated within 24 hours with the same key, the request is done once, and the first answer given again with `Idempotent-Replayed: true`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "CI",
                 *       "scopes": [
                 *         "licenses:view",
                 *         "licenses:create"
                 *       ],
                 *       "networks": [
                 *         "192.0.2.0/24"
                 *       ]
                 *     }
                 */
                "application/json": {
                    expires_at?: string | null;
                    /** @description a name to know it by, of up to 80 characters */
                    name: string;
                    networks?: string[] | null;
                    /** @description a list of permission codes */
                    scopes: ("organization:edit" | "members:view" | "members:invite" | "members:edit" | "members:remove" | "roles:view" | "roles:edit" | "tokens:manage" | "products:view" | "products:create" | "products:edit" | "products:archive" | "products:rotate_key" | "versions:manage" | "licenses:view" | "licenses:create" | "licenses:edit" | "licenses:revoke" | "licenses:manage_ips" | "licenses:reset_ips" | "transfers:review" | "ip_blacklist:manage" | "webhooks:manage" | "analytics:view" | "audit_log:view" | "billing:view" | "billing:manage")[];
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1c6-0005-7000-8000-4e5f60718293",
                     *       "name": "CI",
                     *       "prefix": "plm_7Gh2",
                     *       "scopes": [
                     *         "licenses:view",
                     *         "licenses:create"
                     *       ],
                     *       "networks": [
                     *         "192.0.2.0/24"
                     *       ],
                     *       "expires_at": null,
                     *       "last_used_at": null,
                     *       "created_at": "2026-11-21T09:30:00.000Z",
                     *       "token": "plm_7Gh2…"
                     *     }
                     */
                    "application/json": components["schemas"]["NewAccessToken"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowed"];
            409: components["responses"]["IdempotencyRunning"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailedOrIdempotencyConflict"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getMyToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                access_token_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "0199a1c6-0005-7000-8000-4e5f60718293",
                     *       "name": "CI",
                     *       "prefix": "plm_7Gh2",
                     *       "scopes": [
                     *         "licenses:view",
                     *         "licenses:create"
                     *       ],
                     *       "networks": [
                     *         "192.0.2.0/24"
                     *       ],
                     *       "expires_at": null,
                     *       "last_used_at": null,
                     *       "created_at": "2026-11-21T09:30:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["AccessToken"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    revokeMyToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                access_token_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done; there is nothing to say */
            204: {
                headers: {
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowed"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listMyInvites: {
        parameters: {
            query?: {
                /** @description a next_cursor that this list has given */
                cursor?: string;
                /** @description a whole number from 1 to 100 */
                limit?: number;
            };
            header?: {
                /** @description The ETag of the answer that you have: it is not sent again. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "0199a1c5-0004-7000-8000-3d4e5f607182",
                     *           "organization": {
                     *             "id": "0199a1b2-0001-7000-8000-5d0f3c6b9a11",
                     *             "name": "Acme"
                     *           },
                     *           "role": {
                     *             "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071",
                     *             "name": "Support"
                     *           },
                     *           "expires_at": "2026-11-28T09:30:00.000Z"
                     *         }
                     *       ],
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["OwnInviteList"];
                };
            };
            /** @description It is as you know it */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    acceptMyInvite: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text that is yours alone, such as a UUID. Repeated within 24 hours with the same key, the request is done once, and the first answer given again with `Idempotent-Replayed: true`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                invite_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Limit": components["headers"]["RateLimit-Limit"];
                    "RateLimit-Remaining": components["headers"]["RateLimit-Remaining"];
                    "RateLimit-Reset": components["headers"]["RateLimit-Reset"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "organization_id": "0199a1b2-0001-7000-8000-5d0f3c6b9a11",
                     *       "member": {
                     *         "user_id": "0199a1c3-0002-7000-8000-1b2c3d4e5f60",
                     *         "name": "Bob Miller",
                     *         "email": "bob@example.com",
                     *         "is_owner": false,
                     *         "role": {
                     *           "id": "0199a1c4-0003-7000-8000-2c3d4e5f6071",
                     *           "name": "Support"
                     *         },
                     *         "joined_at": "2026-11-21T09:30:00.000Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["AcceptedInvite"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrOriginNotAllowedOrPlanLimitReached"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["IdempotencyRunningOrConflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailedOrIdempotencyConflict"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
}
