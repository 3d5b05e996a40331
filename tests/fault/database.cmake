# The database stopped, killed, unreachable or contended: in process through host.h, and through a real hdhost. Each
# executable is one test, because its suite shares one MariaDB.
foreach(name concurrency deadline kill session)
  set(target fault_database_${name}_test)
  add_executable(${target}
    database_${name}_test.cpp database_site.cpp database_faults.cpp ../integration/installation.cpp)
  target_include_directories(${target} PRIVATE ../integration)
  target_compile_definitions(${target} PRIVATE
    IDENTITIES_PROGRAM="$<TARGET_FILE:identities_cli>" MANIFEST_FILE="${PROJECT_BINARY_DIR}/identities/plugin.json")
  target_link_libraries(${target} PRIVATE
    contract_support helpdesk_host identities_static test_support project_options GTest::gmock_main)
  add_dependencies(${target} hdhost identities identities_cli)
  add_test(NAME fault.database_${name} COMMAND ${target})
  set_tests_properties(fault.database_${name} PROPERTIES TIMEOUT 300)
endforeach()
target_sources(fault_database_kill_test PRIVATE database_kill_run.cpp)
