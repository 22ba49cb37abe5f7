"""The requirements of security, and the tests that show each. ``docs/security.md`` has the threat model behind them."""

from __future__ import annotations

from typing import NamedTuple

HOSTS = "tests/runtime/hosts"
STORE = "tests/runtime/store"
SECURITY = "tests/security"
AGENTS = f"{HOSTS}/test_agents_by_ssh.py"
SERVER = "tests/acceptance/test_postgresql.py"
TRIMMING = "tests/runtime/logs/test_trimming.py"


class Requirement(NamedTuple):
    """A requirement, and the tests that show it: a file, or a test in one."""

    text: str
    tests: tuple[str, ...]


REQUIREMENTS: dict[str, Requirement] = {
    "S1": Requirement(
        "Host keys are verified by each transport; no key is added that nobody has confirmed.",
        (
            f"{HOSTS}/test_refused_hosts.py::test_a_key_that_is_not_known_is_shown_with_the_command_that_adds_it",
            f"{HOSTS}/test_refused_hosts.py::test_a_key_that_has_changed_may_be_an_attack",
            f"{HOSTS}/test_refused_hosts.py::test_a_revoked_key_is_never_taken",
            f"{HOSTS}/test_refused_hosts.py::test_the_key_of_a_jump_host_must_be_known_like_that_of_the_host",
            f"{HOSTS}/test_refused_hosts.py::test_no_setting_makes_an_unknown_key_known",
            f"{HOSTS}/test_choice.py::test_a_line_that_only_ssh_can_judge_takes_ssh",
            f"{HOSTS}/test_security.py::test_no_unknown_host_key_is_ever_trusted",
            "tests/acceptance/test_host.py::test_no_key_is_added_that_nobody_has_confirmed",
            "tests/acceptance/test_host.py::test_a_key_is_shown_and_asked_about",
        ),
    ),
    "S2": Requirement(
        "The remote command is constant, and data is never part of it; no shell sees the arguments of a step.",
        (
            f"{HOSTS}/test_transports.py::test_a_word_arrives_as_it_was_quoted",
            f"{HOSTS}/test_protocol.py::test_a_key_is_hexadecimal",
            f"{HOSTS}/test_refused_hosts.py::test_a_name_that_is_no_destination_never_reaches_a_program",
            f"{HOSTS}/test_security.py::test_a_shell_is_started_in_one_module_at_most",
            "tests/runtime/worker/test_commands.py::test_one_value_is_one_word_whatever_is_in_it",
            "tests/runtime/worker/test_commands.py::test_a_shell_gets_data_as_words_that_it_never_reads_as_text",
            "tests/runtime/worker/test_commands.py::test_a_filled_in_word_never_becomes_an_option_unseen",
        ),
    ),
    "S3": Requirement(
        "An agent listens only to its user, refuses root unless allowed, older epochs, and what is no message.",
        (
            f"{SECURITY}/test_local_users.py::test_another_user_reaches_no_agent_even_where_its_socket_is_open_to_all",
            f"{HOSTS}/test_protocol.py::test_root_is_refused_unless_it_is_allowed",
            f"{HOSTS}/test_protocol.py::test_an_older_epoch_is_refused_and_an_older_contact_too",
            f"{HOSTS}/test_protocol.py::test_what_is_no_message_is_refused",
            f"{HOSTS}/test_protocol.py::test_a_directory_that_others_may_enter_is_refused",
            "tests/faults/test_host_noise.py",
        ),
    ),
    "S4": Requirement(
        "A restricted key executes its module and nothing else, whatever is asked.",
        (
            f"{AGENTS}::test_a_restricted_key_executes_its_module_and_nothing_else",
            f"{AGENTS}::test_another_module_is_refused_by_a_restricted_key",
            f"{HOSTS}/test_protocol.py::test_a_restricted_key_imports_and_calls_nothing_but_the_modules_own",
            f"{HOSTS}/test_protocol.py::test_a_restricted_key_runs_no_shell_but_programs",
            f"{AGENTS}::test_a_forced_command_that_reads_a_profile_and_evaluates_what_was_asked_works",
        ),
    ),
    "S5": Requirement(
        "Driver and commands never unpickle. Pickles are opt-in, signed, read by the consuming worker, not from hosts.",
        (
            f"{SECURITY}/test_pickles.py",
            "tests/compiler/test_pickles.py",
            f"{SECURITY}/test_audit_hook.py",
            f"{SECURITY}/test_evil_rows.py",
            f"{SECURITY}/test_imports.py::test_one_module_unpickles_and_those_that_import_by_name_are_known",
        ),
    ),
    "S6": Requirement(
        "Steps are found through the flow's code. A flow is loaded from the place in a store only if the store is a "
        "file that this user alone can write.",
        (
            "tests/cli/runs/test_store_trust.py",
            f"{SECURITY}/test_evil_rows.py::test_a_run_whose_flow_is_another_now_is_not_recovered_with_it",
            f"{SECURITY}/test_evil_rows.py::test_no_command_does_what_a_row_of_a_database_on_a_server_says",
            f"{HOSTS}/test_protocol.py::test_a_restricted_key_loads_no_other_module",
        ),
    ),
    "S7": Requirement(
        "Secrets are in no list of processes, environment of other programs, store, log, output or traceback; a "
        "database's password is never shown.",
        (
            f"{SECURITY}/test_secrets_anywhere.py",
            "tests/runtime/worker/test_secrets.py",
            f"{SERVER}::test_a_run_is_started_looked_at_and_recovered_and_no_password_is_seen",
        ),
    ),
    "S8": Requirement(
        "Files are private whatever the umask; a place where others may write is refused; links lead nowhere.",
        (
            f"{STORE}/test_file.py::test_all_that_a_store_makes_is_private_whatever_the_umask",
            f"{SECURITY}/test_pickles.py::test_the_key_is_a_file_of_this_user_outside_of_the_database",
            f"{SECURITY}/test_local_users.py::test_no_store_is_made_or_read_where_a_group_or_everybody_may_write",
            f"{SECURITY}/test_local_users.py::test_a_store_of_another_user_is_not_opened",
            f"{SECURITY}/test_local_users.py::test_a_link_in_the_place_of_any_file_of_a_run_leads_nowhere",
            "tests/runtime/test_disk_room.py::test_a_link_in_the_place_of_a_file_is_not_followed",
            f"{STORE}/test_other_users.py",
            f"{HOSTS}/test_outcome_spool.py::test_a_link_in_the_place_of_a_file_is_not_followed",
        ),
    ),
    "S9": Requirement(
        "Values are bound and never part of a statement; names are no patterns; a schema's name is quoted.",
        (
            f"{SECURITY}/test_names.py::test_names_are_compared_and_no_patterns",
            f"{SECURITY}/test_names.py::test_no_statement_matches_patterns_or_has_a_value_in_its_text",
            f"{STORE}/test_damaged_rows.py::test_names_in_rows_are_bound_and_never_read_as_sql",
            f"{STORE}/test_postgresql.py::test_a_schema_of_any_name_is_quoted",
        ),
    ),
    "S10": Requirement(
        "Names of flows, steps, pools and runs lead nowhere.",
        (
            f"{SECURITY}/test_names.py::test_no_flow_step_pool_or_run_has_a_hostile_name",
            f"{SECURITY}/test_names.py::test_a_run_with_a_hostile_id_leaves_nothing",
            f"{HOSTS}/test_protocol.py::test_an_order_names_no_file_but_those_that_have_come",
        ),
    ),
    "S11": Requirement(
        "The page is served to this machine alone, to browsers with its token, under its own names; it reads unless "
        "actions are allowed, each with the token of its form; all text is escaped, and no script is inline.",
        (
            "tests/web/test_access.py",
            "tests/web/test_server.py",
            "tests/web/test_actions.py",
            "tests/web/test_in_chromium.py",
            "tests/web/test_runs.py::test_hostile_names_are_text",
            "tests/web/test_one_run.py::test_hostile_errors_are_text",
            "tests/web/test_one_run.py::test_the_flow_is_drawn_with_states_and_no_style_of_its_own",
            "tests/web/test_logs.py::test_hostile_output_is_text",
            "tests/web/test_stories.py",
            "tests/html/test_markdown.py",
            "tests/web/test_logs.py::test_colours_become_classes_and_all_other_controls_text",
        ),
    ),
    "S12": Requirement(
        "No text of any origin steers the terminal.",
        (
            "tests/acceptance/test_harmless.py",
            "tests/acceptance/test_terminal.py::test_a_log_on_a_terminal_cannot_steer_it",
            "tests/tui/test_run_list.py::test_hostile_names_are_text",
            "tests/tui/test_logs.py::test_hostile_output_is_text_and_colours_stay",
            f"{SECURITY}/test_evil_rows.py::test_no_command_does_what_a_row_of_a_file_says",
        ),
    ),
    "S13": Requirement(
        "Dependencies are locked with hashes and listed in an SBOM; paramiko withstands Terrapin; no import opens a "
        "connection.",
        (f"{SECURITY}/test_supply_chain.py", f"{SECURITY}/test_imports.py::test_no_import_opens_a_connection"),
    ),
    "S14": Requirement(
        "A database role without the right to make tables runs flows.",
        (
            f"{STORE}/test_postgresql.py::test_a_role_without_the_right_to_make_tables_runs_once_another_has_made_them",
            f"{STORE}/test_postgresql.py::test_each_refusal_says_what_is_wrong_and_what_to_do",
        ),
    ),
    "S15": Requirement(
        "Depth, messages, logs and results have limits.",
        (
            "tests/compiler/test_mistakes.py",
            "tests/runtime/worker/test_output.py",
            f"{HOSTS}/test_hostile_hosts.py::test_an_outcome_that_cannot_be_accepted_is_a_failure_of_its_attempt",
            f"{TRIMMING}::test_the_middle_of_a_long_attempt_is_taken_out_while_it_runs_and_its_ends_are_kept",
            "tests/runtime/messages/test_spools.py::test_more_than_a_step_may_gather_is_refused_with_the_ways_out",
        ),
    ),
    "S16": Requirement(
        "Commands that only read import no flow.",
        (
            "tests/acceptance/test_altered_rows.py::test_whatever_a_row_holds_each_command_says_so_and_ends",
            f"{SECURITY}/test_evil_rows.py::test_no_command_does_what_a_row_of_a_file_says",
            f"{SECURITY}/test_evil_rows.py::test_no_command_does_what_a_row_of_a_database_on_a_server_says",
        ),
    ),
}
