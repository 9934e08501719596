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

# weir_test(name LABEL unit|component|loopback SOURCES ... DEPENDS <modules>)
function(weir_test name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  list(TRANSFORM arg_DEPENDS PREPEND weir_)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} weir_flags GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS ${arg_LABEL} TIMEOUT 120)
endfunction()
