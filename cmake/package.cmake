# SPDX-License-Identifier: Apache-2.0
# What is installed, and the Debian package that CPack makes of it (make deb).
install(TARGETS weir RUNTIME DESTINATION bin)
install(FILES ${PROJECT_SOURCE_DIR}/config/weir.toml DESTINATION /etc/weir)
install(FILES ${PROJECT_SOURCE_DIR}/contrib/systemd/weir.service DESTINATION lib/systemd/system)
install(FILES ${PROJECT_SOURCE_DIR}/contrib/systemd/weir.sysusers DESTINATION lib/sysusers.d RENAME weir.conf)
install(FILES README.md CHANGELOG.md DESTINATION share/doc/weir)
install(FILES LICENSE DESTINATION share/doc/weir RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weir)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Weir authors <weir@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "${PROJECT_DESCRIPTION}
 Weir stands between clients and the Hugging Face Hub, keeps each file once under
 its SHA-256, and serves it again to all whom the hub permits to read it.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/contrib/debian/postinst ${PROJECT_SOURCE_DIR}/contrib/debian/prerm
  ${PROJECT_SOURCE_DIR}/contrib/debian/postrm ${PROJECT_SOURCE_DIR}/contrib/debian/conffiles)
include(CPack)
