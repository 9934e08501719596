# SPDX-License-Identifier: Apache-2.0
# weir_module(name SOURCES ... HEADERS ... DEPENDS <other modules> LIBRARIES <third parties>)
# One folder is one static library.  DEPENDS is the only place where a folder names another; tests/tidy holds the
# includes against the same table.
function(weir_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;HEADERS;DEPENDS;LIBRARIES" ${ARGN})
  add_library(weir_${name} STATIC ${arg_SOURCES})
  target_sources(weir_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
  list(TRANSFORM arg_DEPENDS PREPEND weir_)
  target_link_libraries(weir_${name} PUBLIC ${arg_DEPENDS} ${arg_LIBRARIES} PRIVATE weir_flags)
endfunction()

# How many processes share the tests of a sanitized program.
set(WEIR_SHARDS 4)

# weir_test(name LABEL unit|component|loopback SOURCES ... DEPENDS <modules>)
# Each test is a process of its own and has its name in ctest.  A sanitizer takes a fifth of a second to start, longer
# than most tests take: there a process runs a share of them.
function(weir_test name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  list(TRANSFORM arg_DEPENDS PREPEND weir_)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} weir_flags GTest::gmock GTest::gtest_main)
  if(NOT WEIR_SANITIZE)
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS ${arg_LABEL} TIMEOUT 120)
    return()
  endif()
  target_compile_options(${name} PRIVATE -O0)  # compiles in half the time; what is tested is compiled as before
  foreach(shard RANGE 1 ${WEIR_SHARDS})
    math(EXPR index "${shard} - 1")
    add_test(NAME ${name}.${shard} COMMAND ${name} --gtest_brief=1)
    set_tests_properties(${name}.${shard} PROPERTIES LABELS ${arg_LABEL} TIMEOUT 600
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${WEIR_SHARDS};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()
