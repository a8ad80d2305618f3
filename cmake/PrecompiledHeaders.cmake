# Headers that nearly every file reads, read once instead: nearly half of the time that clang takes for a sanitizer build, and a quarter
# of g++'s. A build without them, such as the release and dev builds, is what finds an #include that a file has forgotten.
option(IRSA_PRECOMPILED_HEADERS "Read common headers once" OFF)

set(IRSA_HEADERS_OF_MODULES <algorithm> <array> <charconv> <chrono> <cstdio> <filesystem> <functional> <map> <memory> <optional> <set>
  <string> <string_view> <utility> <variant> <vector>)
set(IRSA_HEADERS_OF_TESTS ${IRSA_HEADERS_OF_MODULES} <gmock/gmock.h> <gtest/gtest.h> <nlohmann/json.hpp>)

# irsa_use_precompiled_headers(TARGET SET HEADERS header... [OPTIONS option...] [LINKS target...])
# SET names what is shared by all targets that are compiled with the same OPTIONS.
function(irsa_use_precompiled_headers target set)
  cmake_parse_arguments(PARSE_ARGV 2 pch "" "" "HEADERS;OPTIONS;LINKS")
  if(NOT IRSA_PRECOMPILED_HEADERS)
    return()
  endif()
  set(owner irsa_headers_of_${set})
  if(NOT TARGET ${owner})
    file(WRITE ${CMAKE_BINARY_DIR}/${owner}.cc "")
    add_library(${owner} OBJECT ${CMAKE_BINARY_DIR}/${owner}.cc)
    target_compile_options(${owner} PRIVATE ${pch_OPTIONS})
    if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
      target_compile_options(${owner} PRIVATE -Xclang -fno-pch-timestamp)
    endif()
    target_link_libraries(${owner} PRIVATE irsa_options ${pch_LINKS})
    target_precompile_headers(${owner} PRIVATE ${pch_HEADERS})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()
