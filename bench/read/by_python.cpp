// PyAV and OpenCV, each turn in a process of its own, which times itself: neither its start nor the check counts.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

#include "read/clips.hpp"
#include "support/process.hpp"

namespace reelpipe::bench {

namespace {

constexpr const char* debian_python = "/usr/bin/python3";  // has Debian's packages

}  // namespace

figures read_by_python(const footage& f, const std::filesystem::path& clip, const std::string& reader)
{
    const test::finished end =
        test::run({debian_python, REELPIPE_PYTHON_READERS, reader, clip.string(), std::to_string(f.rate),
                   std::to_string(f.frames), fmt::format("{}", fmt::join(f.indices, ","))});
    if (end.status != 0) throw wrong_result(fmt::format("{} with {}: {}", clip.string(), reader, end.err));
    std::istringstream said(end.out);
    figures all;
    if (said >> all["random_s"] >> all["eight_s"] >> all["whole_s"]) return all;
    throw wrong_result("python_readers.py said: " + end.out);
}

bool has_python_module(const std::string& name)
{
    return test::run({debian_python, "-c", "import " + name}).status == 0;
}

}  // namespace reelpipe::bench
