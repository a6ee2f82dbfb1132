"""Row-level security, put in order after every migration.

Not a migration of its own: roles belong to the server and not to the database, so a restored database may be without
them; and a table that a later migration makes is protected without anybody having to think of it.
"""

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from photodock.domain.errors import PhotodockError

POLICY = "own_organization"
SUFFIX = "_tenant"
MAX_NAME_BYTES = 63
"""Of a name in PostgreSQL; the longer are cut off without a word."""
REFUSED, EXISTS, EXISTS_NOW = "42501", "42710", "23505"
"""SQLSTATE: insufficient_privilege, duplicate_object, unique_violation (made by another migration at this moment)."""

# What stands in `organization_id` must be among those that the transaction works for, mostly one: after another
# transaction's end the setting is empty, not null. As a subquery it is read once for a statement; for each row it would
# take most of a group's time. The table's owner is not held to it, nor a role with BYPASSRLS; everybody else is.
CREATE_POLICY = """
CREATE POLICY {policy} ON {table} USING (organization_id = ANY (
    (SELECT string_to_array(current_setting('photodock.organization_id', true), ',')::uuid[])::uuid[]))
"""
READ_ONCE = "SELECT"
"""Missing in the policy of versions that read the setting for each row."""
# `by_index`: what is planned while a table is small would look at it whole, and the plan is kept while it grows.
BIND_ORGANIZATION = """
CREATE OR REPLACE FUNCTION bind_organization(p_organization_id uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    -- All until the end of this transaction; a single statement is one of its own. Declared, since PERFORM costs more.
    organization text := set_config('photodock.organization_id', p_organization_id::text, true);
    tenant text := set_config('role', {role}, true);
    by_index text := set_config('enable_seqscan', 'off', true);
BEGIN
    RETURN p_organization_id;
END $$
"""
BIND_ORGANIZATIONS = """
CREATE OR REPLACE FUNCTION bind_organizations(p_organization_ids uuid[]) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
    organizations text := set_config('photodock.organization_id', array_to_string(p_organization_ids, ','), true);
    tenant text := set_config('role', {role}, true);
    by_index text := set_config('enable_seqscan', 'off', true);
BEGIN
    RETURN p_organization_ids;
END $$
"""
TABLES = """
SELECT c.relname, c.relrowsecurity, (
        SELECT p.qual FROM pg_policies p WHERE p.schemaname = current_schema() AND p.tablename = c.relname
            AND p.policyname = $1) AS policy
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname
"""


class TenantRoleMissing(PhotodockError):
    """The database's user may not make the role that organizations' calls run as; `detail` has the SQL to run."""


def ensure_role(connection: Connection) -> str:
    """Makes the role and lets the database's user take it on, where that isn't so yet. Returns its name.

    It is named after the user: two systems on one server have two users, and so two roles.
    """
    user = str(connection.exec_driver_sql("SELECT current_user").scalar())
    role = user.encode()[: MAX_NAME_BYTES - len(SUFFIX)].decode(errors="ignore") + SUFFIX
    create, grant = f"CREATE ROLE {quoted(role)} NOLOGIN", f"GRANT {quoted(role)} TO {quoted(user)}"
    found = connection.exec_driver_sql("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = $1", (role,))
    bypasses = found.scalar()
    if bypasses is None and _run(connection, create) == REFUSED:
        raise TenantRoleMissing(_by_hand(user, f"{create}; {grant};"))
    if bypasses:
        raise TenantRoleMissing(_by_hand(user, f"ALTER ROLE {quoted(role)} NOSUPERUSER NOBYPASSRLS;"))
    if _run(connection, f"SET LOCAL ROLE {quoted(role)}", keep=False) == REFUSED and _run(connection, grant) == REFUSED:
        raise TenantRoleMissing(_by_hand(user, f"{grant};"))
    return role


def protect_tables(connection: Connection, role: str) -> None:
    """Every table that carries `organization_id` has its policy, and `role` its rights. Idempotent."""
    run = connection.exec_driver_sql
    for table, is_on, policy in run(TABLES, (POLICY,)).all():
        name = quoted(table)
        is_old = policy is not None and READ_ONCE not in policy
        if is_old:
            # Not all tables at a time: their locks would wait for the service's, and the service's for them.
            connection.commit()
            run(f"DROP POLICY {POLICY} ON {name}")
        if is_old or policy is None:
            run(CREATE_POLICY.format(policy=POLICY, table=name))
        if not is_on:
            run(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {quoted(role)}")
    for function in (BIND_ORGANIZATION, BIND_ORGANIZATIONS):
        run(function.format(role="'" + role.replace("'", "''") + "'"))


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _by_hand(user: str, statements: str) -> str:
    return (
        f"The database's user {user} may not make the role that organizations' calls run as. "
        f"Have an administrator run this, then migrate again: {statements}"
    )


def _run(connection: Connection, statement: str, *, keep: bool = True) -> str | None:
    """Runs it, or leaves all as it was; returns the SQLSTATE of what one may expect, raises anything else."""
    savepoint = connection.begin_nested()
    try:
        connection.exec_driver_sql(statement)
    except DBAPIError as error:
        savepoint.rollback()
        state = getattr(error.orig, "sqlstate", None)
        if state in (REFUSED, EXISTS, EXISTS_NOW):
            return str(state)
        raise
    savepoint.commit() if keep else savepoint.rollback()
    return None
