#ifndef REELPIPE_TESTS_CLI_WAITING_RUN_HPP
#define REELPIPE_TESTS_CLI_WAITING_RUN_HPP

#include <filesystem>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "kinetics_site.hpp"
#include "support/origin.hpp"

namespace reelpipe::test {

// What a server waits for.
class gate {
public:
    ~gate() { open(); }

    void open()
    {
        if (!std::exchange(is_open_, true)) promise_.set_value();
    }
    void wait() const { opened_.wait(); }

private:
    std::promise<void> promise_;
    std::shared_future<void> opened_ = promise_.get_future().share();
    bool is_open_ = false;
};

// A run of three videos, one at a time: one is stored, one is VP8, which MP4 does not carry, and the last waits for the
// test. So does the one that fails.
struct waiting_run {
    waiting_run()
    {
        mirror.serve("/first.mp4", [this](const asked& request) { return part_of(video, request); });
        mirror.serve("/dead%E2%80%AE.mp4", [this](const asked& request) {
            dead.wait();
            return part_of(vp8, request);
        });
        mirror.serve("/third.mp4", [this](const asked& request) {
            third.wait();
            return part_of(video, request);
        });
    }
    ~waiting_run() { open(); }

    void open()
    {
        dead.open();
        third.open();
    }

    std::vector<std::string> words(const std::vector<std::string>& more) const
    {
        std::vector<std::string> all = site.download(
            site.list(std::string(columns) + "first,1,1.3,l\ndead\xe2\x80\xae,1,2,l\nthird,1,1.3,l\n"),
            {"--source", mirror.url("/") + "{id}.mp4", "--cut", "lossless", "--connections", "1", "--jobs", "1"});
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    kinetics_site site;
    const std::string video = read_file(std::filesystem::path(REELPIPE_TEST_MEDIA) / "silent.mp4");
    const std::string vp8 = read_file(std::filesystem::path(REELPIPE_TEST_MEDIA) / "vp8.webm");
    gate dead, third;
    origin mirror;
};

}  // namespace reelpipe::test

#endif
