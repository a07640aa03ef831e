#ifndef REELPIPE_TESTS_MEDIA_FILMS_HPP
#define REELPIPE_TESTS_MEDIA_FILMS_HPP

#include <filesystem>

namespace reelpipe::test {

// The films that tests/support/make_media made.
inline const std::filesystem::path media = REELPIPE_TEST_MEDIA;

}  // namespace reelpipe::test

#endif
