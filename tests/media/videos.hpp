#ifndef REELPIPE_TESTS_MEDIA_VIDEOS_HPP
#define REELPIPE_TESTS_MEDIA_VIDEOS_HPP

#include <filesystem>

namespace reelpipe::test {

// The videos that tests/support/make_media made.
inline const std::filesystem::path media = REELPIPE_TEST_MEDIA;

}  // namespace reelpipe::test

#endif
