# SPDX-License-Identifier: Apache-2.0
# Warnings, hardening and sanitizers: one INTERFACE target that every other target links.
add_library(weir_flags INTERFACE)
target_compile_options(weir_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>  # GCC 12 sees it in std::optional where there is none
  $<$<BOOL:${WEIR_WERROR}>:-Werror>)

if(WEIR_SANITIZE STREQUAL "address")
  set(weir_sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(WEIR_SANITIZE STREQUAL "thread")
  set(weir_sanitizers -fsanitize=thread -fno-omit-frame-pointer)
elseif(WEIR_SANITIZE)
  message(FATAL_ERROR "WEIR_SANITIZE is '${WEIR_SANITIZE}'; use address, thread or leave it empty")
endif()

option(WEIR_FUZZ "Build the fuzz targets with libFuzzer (needs Clang); the other tests do not link then" OFF)
if(WEIR_FUZZ)
  target_compile_options(weir_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(weir_sanitizers)
  # GCC sees frees of what was never allocated in code that it has instrumented; the other builds do warn of real ones.
  target_compile_options(weir_flags INTERFACE ${weir_sanitizers} $<$<CXX_COMPILER_ID:GNU>:-Wno-free-nonheap-object>)
  target_link_options(weir_flags INTERFACE ${weir_sanitizers})
else()
  target_compile_options(weir_flags INTERFACE -fstack-protector-strong -fstack-clash-protection -fcf-protection
    $<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3>)
  target_link_options(weir_flags INTERFACE -pie -Wl,-z,relro,-z,now)
endif()
