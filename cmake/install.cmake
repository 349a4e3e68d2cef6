# What `cmake --install` and the Debian package put where. The daemon and its helpers are never typed: libexec.
include(GNUInstallDirs)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # packaging must not build the tests

set(DRYDOCK_MANUAL ${CMAKE_BINARY_DIR}/manual)  # made by cli/CMakeLists.txt

install(TARGETS drydock RUNTIME DESTINATION bin)
install(TARGETS drydockd drydock-shim drydock-router drydock-efs RUNTIME DESTINATION libexec/drydock)
install(FILES ${DRYDOCK_MANUAL}/drydock.1 DESTINATION share/man/man1)
install(FILES ${DRYDOCK_MANUAL}/drydock.bash DESTINATION share/bash-completion/completions RENAME drydock)
install(FILES ${DRYDOCK_MANUAL}/drydock.fish DESTINATION share/fish/vendor_completions.d)
install(FILES ${PROJECT_SOURCE_DIR}/docs/configuration.md DESTINATION share/doc/drydock)
foreach(text README.md LICENSE NOTICE)
  install(FILES ${PROJECT_SOURCE_DIR}/${text} DESTINATION share/doc/drydock OPTIONAL)
endforeach()

# The prefix is known only now: `cmake --install --prefix` may name another than the configuration did.
set(unit_template ${PROJECT_SOURCE_DIR}/packaging/drydock.service.in)
install(CODE "
  set(manual \"${DRYDOCK_MANUAL}\")
  set(unit_template \"${unit_template}\")")
install(CODE [[
  # Debian's zsh reads vendor-completions below /usr and site-functions below /usr/local.
  set(zsh site-functions)
  if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(zsh vendor-completions)
  endif()
  file(INSTALL ${manual}/_drydock DESTINATION "${CMAKE_INSTALL_PREFIX}/share/zsh/${zsh}")
  configure_file(${unit_template} ${manual}/drydock.service @ONLY)
  file(INSTALL ${manual}/drydock.service DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/system")
]])

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME drydock)
set(CPACK_PACKAGE_VENDOR Drydock)
set(CPACK_PACKAGE_CONTACT "The Drydock developers <drydock@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "run Amazon ECS task definitions on one machine")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Drydock runs Amazon ECS and AWS Fargate task definitions, unchanged, on a laptop\n\
or a CI runner: a daemon with the ECS API, a command line, and the runtime\n\
behind them, without an AWS account.")
set(CPACK_STRIP_FILES ON)
# So that CMAKE_INSTALL_PREFIX is /usr while the files go below a staging folder.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "runc, nftables, tini, adduser")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "e2fsprogs, xfsprogs")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "crun, awscli")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(maintainer_scripts ${PROJECT_SOURCE_DIR}/packaging/debian)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${maintainer_scripts}/postinst;${maintainer_scripts}/prerm;${maintainer_scripts}/postrm")
include(CPack)
