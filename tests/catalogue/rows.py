"""Where each row of the catalogue of bad input is tested, beside the tests of this folder that bear its number."""

from __future__ import annotations

ROWS = (*range(1, 103), *range(104, 122), *range(124, 131))
"""The rows about flows, the command line, runs, stores, references, and the way to hosts."""

ELSEWHERE: dict[int, tuple[str, ...]] = {
    1: ("tests/compiler/test_injected_mistakes.py::test_every_mistake_is_found_at_its_line_and_no_other",),
    4: ("tests/compiler/test_injected_mistakes.py::test_every_mistake_is_found_at_its_line_and_no_other",),
    6: ("tests/compiler/test_injected_mistakes.py::test_every_mistake_is_found_at_its_line_and_no_other",),
    13: ("tests/compiler/test_mistakes.py::test_a_requirement_may_be_nested_a_hundred_deep_and_no_deeper",),
    16: ("tests/compiler/test_mistakes.py::test_names_that_differ_only_in_case_or_form_are_refused",),
    17: ("tests/dsl/steps/test_refused_steps.py::test_a_step_without_a_name_is_told",),
    19: ("tests/compiler/test_mistakes.py::test_a_name_that_is_too_long_is_refused",),
    26: ("tests/compiler/test_mistakes.py::test_endless_items_need_an_until",),
    29: ("tests/dsl/options/test_refused_repeats.py::test_what_cannot_be_repeated_over_is_refused_with_the_fix",),
    40: ("tests/compiler/test_pool_amounts.py::test_giving_back_what_nobody_can_hold_is_refused_with_the_amounts",),
    41: ("tests/compiler/test_pool_amounts.py::test_what_several_steps_keep_together_is_refused_with_who_keeps_it",),
    43: ("tests/dsl/options/test_refused_timing.py::test_what_is_no_length_of_time_is_refused_with_what_is",),
    44: (
        "tests/dsl/steps/test_refused_steps.py::test_a_generator_function_is_no_step",
        "tests/golden/test_traps.py::test_a_lambda_and_a_local_function_work_as_steps",
    ),
    45: (
        "tests/runtime/hosts/test_host_executors.py::test_a_flow_that_a_host_does_not_have_is_found_out_at_first_contact",
    ),
    46: (
        "tests/dsl/builder/test_imports.py::test_a_function_that_its_module_has_by_another_object_is_refused_at_the_line",
    ),
    48: ("tests/golden/test_step_environment.py::test_the_flow_among_the_arguments_tells_a_step_where_it_is",),
    49: (
        "tests/dsl/builder/test_builder.py::test_arguments_are_snapshots",
        "tests/golden/test_traps.py::test_steps_do_not_share_the_arguments_that_they_were_given",
    ),
    50: ("tests/dsl/functions/test_functions.py::test_lists_and_dicts_among_the_defaults_are_snapshots",),
    55: (
        "tests/runtime/worker/test_commands.py::test_a_program_that_is_not_there_is_told_with_the_path_that_was_searched",
    ),
    56: (
        "tests/runtime/worker/test_commands.py::test_a_missing_directory_and_a_program_that_may_not_be_run_are_told_apart",
    ),
    57: (
        "tests/dsl/test_run_port.py::test_a_running_flow_takes_no_steps_and_runs_once",
        "tests/dsl/test_run_port.py::test_two_threads_do_not_run_a_flow_at_once",
    ),
    **{
        row: (f"tests/acceptance/test_bad_input.py::{test}",)
        for test, rows in {
            "test_a_target_that_cannot_be_had_is_told_with_its_place_and_the_way_out": range(62, 68),
            "test_a_mistyped_command_option_or_parameter_is_told_with_what_is_close": (68, 69),
            "test_a_wrong_setting_is_told_at_its_line_of_the_file": (70, 71, 73),
            "test_a_wrong_variable_is_told_by_its_name": (72,),
            "test_all_mistakes_of_a_flow_are_in_the_document_each_with_its_place": (75,),
        }.items()
        for row in rows
    },
    74: (
        "tests/acceptance/test_reading.py::test_a_closed_pipe_ends_quietly",
        "tests/acceptance/test_running.py::test_a_run_goes_on_when_nobody_reads_its_progress",
    ),
    76: (
        "tests/runtime/store/test_lost_files.py::test_a_full_disk_is_told_as_such_and_nothing_is_half_written",
        "tests/runtime/store/test_refused_files.py::test_a_directory_in_which_others_could_replace_the_store_is_refused",
        "tests/acceptance/test_read_only.py::test_it_can_be_read_and_whoever_would_write_is_told_why_not",
    ),
    79: ("tests/runtime/store/test_migrations.py::test_where_it_cannot_be_brought_up_as_a_whole_nothing_is_changed",),
    80: ("tests/runtime/store/test_refused_files.py::test_a_network_filesystem_is_known_by_its_mount",),
    86: (
        "tests/contracts/test_runs.py::test_a_run_that_is_driven_is_refused_naming_who_drives_it",
        "tests/acceptance/test_recovering.py::test_a_second_driver_is_refused_with_who_drives_it",
    ),
    88: ("tests/runtime/driver/test_taking_up.py::test_what_has_begun_as_a_step_is_no_container_now",),
    89: ("tests/runtime/driver/test_taking_up.py::test_pools_that_are_others_are_told_with_both",),
    91: (
        "tests/faults/test_hosts.py::test_a_machine_that_was_replaced_is_told_and_has_its_work_once_the_old_one_is_given_up",
        "tests/runtime/recovery/test_preparation.py::test_only_a_host_with_attempts_that_lack_an_outcome_is_given_up",
    ),
    95: ("tests/acceptance/test_stopping.py::test_what_has_ended_is_not_stopped_and_what_it_is_is_said",),
    96: (
        "tests/runtime/hosts/test_refused_hosts.py::test_a_key_that_is_not_known_is_shown_with_the_command_that_adds_it",
        "tests/runtime/hosts/test_refused_hosts.py::test_a_key_that_has_changed_may_be_an_attack",
    ),
    97: (
        "tests/runtime/hosts/test_refused_hosts.py::test_a_host_that_knows_none_of_our_keys_is_told_with_them",
        "tests/runtime/hosts/test_refused_hosts.py::test_a_key_with_a_passphrase_is_not_asked_for",
        "tests/runtime/hosts/test_refused_hosts.py::test_a_key_that_others_can_read_is_named_with_its_mode",
        "tests/runtime/hosts/test_choice.py::test_a_key_of_the_agent_lets_us_in_and_the_agent_is_not_forwarded",
    ),
    98: (
        "tests/runtime/hosts/test_refused_hosts.py::test_a_name_without_an_address_is_told",
        "tests/runtime/hosts/test_refused_hosts.py::test_a_host_where_nothing_listens_refuses",
        "tests/runtime/hosts/test_refused_hosts.py::test_a_host_that_says_nothing_is_given_up",
        "tests/runtime/hosts/test_transports.py::test_the_end_of_a_connection_is_told_from_that_of_the_command",
    ),
    99: (
        "tests/acceptance/test_host.py::test_a_python_that_is_missing_or_too_old_is_told_from_one_that_will_do",
        "tests/acceptance/test_host.py::test_a_host_without_sequent_or_its_agent_is_told_the_command_that_installs_it",
        "tests/acceptance/test_host.py::test_another_version_of_sequent_is_a_warning_with_both",
    ),
    100: (
        "tests/runtime/hosts/test_protocol.py::test_a_greeting_is_found_behind_whatever_comes_before",
        "tests/acceptance/test_host.py::test_what_a_profile_prints_is_no_answer",
    ),
    101: (
        "tests/runtime/hosts/test_refused_hosts.py::test_another_command_that_is_forced_is_quoted",
        "tests/runtime/hosts/test_refused_hosts.py::test_a_host_that_starts_nothing_is_told",
        "tests/runtime/hosts/test_refused_hosts.py::test_a_host_that_takes_no_further_connection_is_told",
    ),
    102: (
        "tests/acceptance/test_host.py::test_a_home_that_is_full_is_told",
        "tests/acceptance/test_host.py::test_a_home_in_which_nothing_can_be_written_is_told",
        "tests/acceptance/test_host.py::test_a_home_that_starts_no_program_is_a_warning",
        "tests/acceptance/test_host.py::test_a_clock_that_is_off_is_a_warning",
    ),
    104: ("tests/dsl/test_refused_values.py::test_a_reference_is_known_only_while_running",),
    129: (
        "tests/acceptance/test_unwritable_output.py::test_output_that_finds_no_room_is_one_line_and_exit_code_4",
        "tests/acceptance/test_unwritable_output.py::test_streams_that_were_closed_are_as_if_nobody_read_them",
    ),
    130: ("tests/dsl/test_all_mistakes.py::test_nine_mistakes_of_nine_kinds_are_nine",),
    112: ("tests/dsl/test_kept_texts.py::test_it_is_refused_in_a_class",),
    113: (
        "tests/dsl/functions/test_captured_references.py::test_a_step_whose_callable_has_one_elsewhere_is_refused",
        "tests/runtime/worker/test_reached.py::test_it_fails_the_step_by_name",
    ),
    124: ("tests/runtime/worker/test_values.py::test_a_kept_result_whose_class_has_changed_is_told_with_the_way_out",),
    106: ("tests/compiler/test_mistakes.py::test_item_outside_of_any_repeat_is_refused_with_what_is_missing",),
}
"""By row, the tests of other folders that show it."""

LATER: dict[int, str] = {
    83: "hosts that write to the store: agents have none, and no setting gives them one",
    87: "a driver on another host: a store is a file of one machine",
    90: "a missing signing key: nothing is pickled, and so nothing is signed",
}
"""Rows of what is not there yet, and why none of it can be met."""
