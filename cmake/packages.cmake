# What cpack makes of the preset `package`: three Debian packages, and a .tar.gz with all of it. Install rules name the
# package that they belong to, with COMPONENT: program, library or header.

# Installed programs are stripped. Line tables for profilers stay in the build folder.
install(CODE "set(CMAKE_INSTALL_DO_STRIP TRUE)" ALL_COMPONENTS)

set(CPACK_GENERATOR DEB TGZ)
set(CPACK_COMPONENTS_ALL header)
if(REELPIPE_PRODUCT)
    list(APPEND CPACK_COMPONENTS_ALL program library)
endif()
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
# Programs are linked with the libraries of the release that they were built on, and a later one's package is newer.
set(release ${CMAKE_SYSTEM_NAME})
if(EXISTS /etc/os-release)
    file(STRINGS /etc/os-release lines REGEX "^(ID|VERSION_ID)=")
    list(SORT lines) # ID stands in front of VERSION_ID
    list(JOIN lines "" release)
    string(REGEX REPLACE "(VERSION_)?ID=|\"" "" release "${release}")
endif()
set(CPACK_PACKAGE_FILE_NAME "${PROJECT_NAME}-${PROJECT_VERSION}-${release}-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_PACKAGE_CHECKSUM SHA256)

# Who makes a package says so in the variables of Debian's own tools.
set(maintainer "the reelpipe authors")
set(address "authors@reelpipe.example")
if(DEFINED ENV{DEBEMAIL})
    set(maintainer "$ENV{DEBFULLNAME}")
    set(address "$ENV{DEBEMAIL}")
endif()
set(CPACK_PACKAGE_CONTACT "${maintainer} <${address}>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE "1~${release}")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(debian_version "${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME reelpipe)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION video)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
# ffmpeg makes the videos of `reelpipe demo`. Only newer yt-dlp wants JavaScript.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "ca-certificates, ffmpeg, yt-dlp")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "quickjs (>= 2023.12.09) | nodejs (>= 22)")
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "make verified clips from lists of annotated videos
reelpipe reads lists such as those of Kinetics, AudioSet, AVA, HACS and
Panda-70M, or a table of ids and times. It fetches only the bytes that each
clip needs, cuts and checks the clip, and goes on where it was stopped. Videos
come from sites that yt-dlp knows, from mirrors, private buckets, archives or
folders.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libreelpipe-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
string(CONCAT CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS
    "reelpipe-pipeline-dev (= ${debian_version}), libarchive-dev, libavcodec-dev, libavfilter-dev, libavformat-dev, "
    "libavutil-dev, libcsv-dev, libcurl4-openssl-dev | libcurl-dev, libfmt-dev, libseccomp-dev, libsimdjson-dev, "
    "libsqlite3-dev, libswresample-dev, zlib1g-dev")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_RECOMMENDS "pkg-config")
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "make verified clips from lists of annotated videos - development files
reelpipe turns lists of annotated videos into clips whose frames are counted.
This is its downloader as a static library, for programs that bring a source
of their own or go on with the clips. It comes with its headers, and with files
for CMake and pkg-config.")

set(CPACK_DEBIAN_HEADER_PACKAGE_NAME reelpipe-pipeline-dev)
set(CPACK_DEBIAN_HEADER_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_HEADER_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_HEADER_PACKAGE_MULTIARCH foreign)
set(CPACK_DEBIAN_HEADER_PACKAGE_DEPENDS "libasio-dev")
set(CPACK_DEBIAN_HEADER_DESCRIPTION "staged pipelines of C++20 coroutines and plain functions
A header-only library on top of Asio. Stages that wait and stages that compute
are joined with bounded queues; runs can be cancelled, retried and measured.
Files for CMake and pkg-config are included.")

# Each package has the licences of all that is in it, and both histories that Debian wants.
file(READ LICENSE licence)
file(READ third_party/chart.js/LICENSE.md chart_licence)
file(READ third_party/chart.js/LICENSE.kurkle-color colour_licence)
set(papers "${PROJECT_BINARY_DIR}/papers")
file(CONFIGURE OUTPUT "${papers}/copyright" @ONLY CONTENT [[
reelpipe @PROJECT_VERSION@

@licence@
The page of `reelpipe report --html` contains Chart.js:

@chart_licence@
and @kurkle/color:

@colour_licence@]])
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # heeds SOURCE_DATE_EPOCH
file(CONFIGURE OUTPUT "${papers}/changelog.Debian" @ONLY CONTENT [[
reelpipe (@debian_version@) unstable; urgency=medium

  * Packages of reelpipe @PROJECT_VERSION@; changelog.gz says what is in it.

 -- @CPACK_PACKAGE_CONTACT@  @date@
]])
configure_file(CHANGELOG.md "${papers}/changelog" COPYONLY)
execute_process(COMMAND gzip -9nf "${papers}/changelog" "${papers}/changelog.Debian")
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
    string(TOUPPER ${component} key)
    set(folder "${CMAKE_INSTALL_DATADIR}/doc/${CPACK_DEBIAN_${key}_PACKAGE_NAME}")
    install(FILES "${papers}/copyright" DESTINATION "${folder}" COMPONENT ${component})
    # Outside of Debian packages they would be out of place.
    install(FILES "${papers}/changelog.gz" "${papers}/changelog.Debian.gz" DESTINATION "${folder}"
        COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()
include(CPack)
