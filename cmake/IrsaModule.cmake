# What every target of ours is compiled with.
add_library(irsa_options INTERFACE)
target_compile_features(irsa_options INTERFACE cxx_std_20)
# src/ for what the folders of one module include of each other: "http/wire/request_head.h".
target_include_directories(irsa_options INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(irsa_options INTERFACE _GLIBCXX_ASSERTIONS IRSA_VERSION="${PROJECT_VERSION}")
target_compile_options(irsa_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
if(IRSA_WERROR)
  target_compile_options(irsa_options INTERFACE -Werror)
endif()
if(IRSA_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # What g++ warns of by following the flow of instrumented code is often not so; the builds without sanitizers keep these warnings.
  # https://gcc.gnu.org/onlinedocs/gcc/Instrumentation-Options.html
  target_compile_options(irsa_options INTERFACE -Wno-array-bounds -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow
                         -Wno-stringop-overread)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)

# Hardening that costs nothing measurable; the sanitizers replace _FORTIFY_SOURCE. test/scripts/hardening_test.py reads it
# from the release's binary.
add_compile_options(-fstack-protector-strong -fPIE)
add_link_options(-pie -Wl,-z,relro,-z,now)
if(IRSA_SANITIZE)
  add_compile_options(-fsanitize=${IRSA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    # This check opens a pipe to see whether memory is readable, which cannot work in the tests that use up all descriptors.
    add_compile_options(-fno-sanitize=vptr)
  endif()
  string(REPLACE "fuzzer-no-link," "" link_sanitizers "${IRSA_SANITIZE}")
  add_link_options(-fsanitize=${link_sanitizers})
elseif(CMAKE_BUILD_TYPE STREQUAL Release)
  include(CheckCXXCompilerFlag)
  foreach(flag IN ITEMS -fcf-protection=full -mbranch-protection=standard -fstack-clash-protection)
    string(MAKE_C_IDENTIFIER "IRSA_HAS${flag}" has_flag)
    check_cxx_compiler_flag(${flag} ${has_flag})
    if(${has_flag})
      add_compile_options(${flag})
      add_link_options(${flag})
    endif()
  endforeach()
  # Level 3 came with g++ 12 and clang 9, and with glibc 2.33; elsewhere it is the same as 2.
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -ffunction-sections -fdata-sections)
  add_link_options(-Wl,--gc-sections)
endif()

set(IRSA_HOT_MODULES base identity_rules identity_sources admission crypto http_message http_socket http_wire http_server http_client kube_config kube_api kube_watch)

# irsa_module(NAME SOURCES file... [LINKS target...] [PRIVATE_LINKS target...])
# One static library per module. LINKS are modules whose headers its own headers include; PRIVATE_LINKS stay inside its .cc files.
function(irsa_module name)
  cmake_parse_arguments(PARSE_ARGV 1 module "" "" "SOURCES;LINKS;PRIVATE_LINKS")
  add_library(irsa_${name} STATIC ${module_SOURCES})
  # With sanitizers, what handles many requests is optimized, so that its tests are fast enough. The rest, like the tests themselves,
  # is not: optimizing it when it is instrumented takes longer than it saves.
  if(IRSA_SANITIZE AND name IN_LIST IRSA_HOT_MODULES)
    target_compile_options(irsa_${name} PRIVATE -O1)
    irsa_use_precompiled_headers(irsa_${name} hot_modules HEADERS ${IRSA_HEADERS_OF_MODULES} OPTIONS -O1)
  else()
    irsa_use_precompiled_headers(irsa_${name} modules HEADERS ${IRSA_HEADERS_OF_MODULES})
  endif()
  if(IRSA_UNITY)
    set_target_properties(irsa_${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
    # A file that the compiled one includes is a header to g++, where a type of an unnamed namespace would be several ones.
    target_compile_options(irsa_${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
  target_link_libraries(irsa_${name} PUBLIC irsa_options ${module_LINKS} PRIVATE ${module_PRIVATE_LINKS})
endfunction()

# irsa_test(NAME LABEL label SOURCES file... LINKS target...)
# One GoogleTest program per module; LABEL is unit or integration.
function(irsa_test name)
  cmake_parse_arguments(PARSE_ARGV 1 test "" "LABEL" "SOURCES;LINKS")
  add_executable(${name}_test ${test_SOURCES})
  target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${name}_test PRIVATE IRSA_SOURCE_DIR="${PROJECT_SOURCE_DIR}" IRSA_BINARY="$<TARGET_FILE:irsa>")
  target_link_libraries(${name}_test PRIVATE irsa_options ${test_LINKS} GTest::gmock GTest::gtest_main)
  irsa_use_precompiled_headers(${name}_test tests HEADERS ${IRSA_HEADERS_OF_TESTS} LINKS GTest::gmock)
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}/" PROPERTIES LABELS ${test_LABEL} TIMEOUT 300 DISCOVERY_TIMEOUT 60)
endfunction()

# irsa_fuzz(NAME LINKS target...): test/fuzz/NAME_fuzz.cc with its seeds in test/fuzz/corpus/NAME.
function(irsa_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 fuzz "" "" "LINKS")
  add_executable(${name}_fuzz ${name}_fuzz.cc)
  target_include_directories(${name}_fuzz PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name}_fuzz PRIVATE irsa_options ${fuzz_LINKS})
  target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
endfunction()
