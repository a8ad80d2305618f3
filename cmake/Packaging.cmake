# `cmake --install` and, by CPack, a package of the Debian release that this runs on. scripts/release calls both; with
# SOURCE_DATE_EPOCH in the environment, the same sources give the same bytes.
set(CMAKE_INSTALL_PREFIX /usr CACHE PATH "Where the package has its files" FORCE) # which its unit names
include(GNUInstallDirs)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON) # scripts/release builds what is installed, and no more

# The manual page and the completions are what the binary itself prints.
set(generated ${CMAKE_BINARY_DIR}/share)
set(prints "man>${generated}/irsa.1" "completion bash>${generated}/irsa.bash" "completion zsh>${generated}/_irsa" "completion fish>${generated}/irsa.fish")
set(printed)
foreach(line IN LISTS prints)
  string(REGEX MATCH "^([^>]*)>(.*)$" matched ${line})
  set(file ${CMAKE_MATCH_2})
  string(REPLACE " " ";" words ${CMAKE_MATCH_1})
  add_custom_command(OUTPUT ${file} COMMAND ${CMAKE_COMMAND} -E make_directory ${generated} COMMAND irsa ${words} > ${file} DEPENDS irsa VERBATIM)
  list(APPEND printed ${file})
endforeach()
add_custom_command(OUTPUT ${generated}/irsa.1.gz COMMAND gzip -9nkf ${generated}/irsa.1 DEPENDS ${generated}/irsa.1 VERBATIM)
add_custom_command(OUTPUT ${generated}/changelog.gz COMMAND gzip -9nc ${PROJECT_SOURCE_DIR}/CHANGELOG.md > ${generated}/changelog.gz
  DEPENDS ${PROJECT_SOURCE_DIR}/CHANGELOG.md VERBATIM)
add_custom_target(packaged_files DEPENDS ${printed} ${generated}/irsa.1.gz ${generated}/changelog.gz)

file(WRITE ${CMAKE_BINARY_DIR}/copyright "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: irsa

Files: *
Copyright: 2026 The irsa authors
License: Apache-2.0
 On Debian systems, the license is in /usr/share/common-licenses/Apache-2.0.
Comment: /usr/share/doc/irsa/NOTICE names the libraries that are part of the binary, and their licenses.
")

install(TARGETS irsa DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${generated}/irsa.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${generated}/irsa.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME irsa)
install(FILES ${generated}/_irsa DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${generated}/irsa.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${CMAKE_BINARY_DIR}/copyright ${PROJECT_SOURCE_DIR}/NOTICE ${generated}/changelog.gz DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/irsa)
install(FILES ${PROJECT_SOURCE_DIR}/deploy/systemd/irsa.service DESTINATION lib/systemd/system COMPONENT irsa)
install(FILES ${PROJECT_SOURCE_DIR}/deploy/systemd/irsa.sysusers DESTINATION lib/sysusers.d RENAME irsa.conf)
install(FILES ${PROJECT_SOURCE_DIR}/deploy/systemd/irsa.default DESTINATION /etc/default RENAME irsa)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME irsa)
set(CPACK_PACKAGE_CONTACT "The irsa authors <irsa@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_SET_DESTDIR ON)
file(STRINGS /etc/os-release debian_release REGEX "^VERSION_ID=")
string(REGEX REPLACE "[^0-9]" "" debian_release "${debian_release}")
set(CPACK_DEBIAN_PACKAGE_RELEASE "1~deb${debian_release}u1")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
if(CMAKE_CROSSCOMPILING)
  # scripts/release asks dpkg-shlibdeps itself: CPack knows no sysroot.
  set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)
else()
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
endif()
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
file(WRITE ${CMAKE_BINARY_DIR}/conffiles "/etc/default/irsa\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/conffiles)
foreach(script IN ITEMS postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/deploy/debian/${script})
endforeach()
include(CPack)
