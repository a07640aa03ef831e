#include "pipeline/diagnose.hpp"

#include <asio/error.hpp>
#include <asio/system_error.hpp>
#include <cerrno>
#include <system_error>

#include "media/error.hpp"
#include "reelpipe/video_source.hpp"
#include "stages/fetch/errors.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using reelpipe::diagnose;
using reelpipe::reason;

namespace {

template <class E> reelpipe::diagnosis finding_of(const E& error) { return diagnose(std::make_exception_ptr(error)); }

reason reason_of_status(int status) { return finding_of(reelpipe::fetch::http_error("HTTP", "host", status)).why; }

reason reason_of_errno(int code) { return finding_of(std::system_error(code, std::generic_category(), "write")).why; }

}  // namespace

TEST_CASE("a status of the media's host decides what becomes of the clip", "[judge]")
{
    CHECK(reason_of_status(404) == reason::gone);
    CHECK(reason_of_status(410) == reason::gone);
    CHECK(reason_of_status(403) == reason::refused);
    CHECK(reason_of_status(429) == reason::rate_limited);
    CHECK(reason_of_status(503) == reason::network);
    for (const int of_the_moment : {408, 420, 421, 425, 430}) CHECK(reason_of_status(of_the_moment) == reason::network);
}

TEST_CASE("a refusal of a file that was served a moment ago is no verdict on it", "[judge]")
{
    const auto reason_midway = [](int status) {
        reelpipe::fetch::http_error e("HTTP", "host", status);
        e.is_midway = true;
        return finding_of(e).why;
    };
    for (const int status : {403, 404, 410, 418, 451}) CHECK(reason_midway(status) == reason::network);
    CHECK(reason_midway(416) == reason::changed);
    CHECK(reason_midway(429) == reason::rate_limited);
}

TEST_CASE("the server's own word on when to come back is kept", "[judge]")
{
    CHECK(finding_of(reelpipe::fetch::http_error("HTTP 503", "host", 503, 7s)).retry_after == 7s);
}

TEST_CASE("a URL that leads nowhere leads nowhere the next time, too", "[judge]")
{
    CHECK(finding_of(reelpipe::fetch::misleading_error("a circle", "host")).why == reason::refused);
}

TEST_CASE("a missing video on disk condemns its clips, a missing folder of the run's own does not", "[judge]")
{
    const auto of_video = [](int code) {
        return finding_of(reelpipe::fetch::source_file_error(code, std::generic_category(), "open")).why;
    };
    CHECK(of_video(ENOENT) == reason::gone);
    CHECK(of_video(EACCES) == reason::refused);
    CHECK(of_video(EISDIR) == reason::not_media);
    CHECK(class_of(of_video(EMFILE)) == reelpipe::reason_class::global);
    CHECK(class_of(reason_of_errno(ENOENT)) == reelpipe::reason_class::global);
}

TEST_CASE("a lost network is nobody's fault but a reset is the connection's", "[judge]")
{
    CHECK(finding_of(reelpipe::fetch::network_error("no such name", "host", true)).why == reason::no_network);
    CHECK(finding_of(reelpipe::fetch::network_error("reset", "host", false)).why == reason::network);
}

TEST_CASE("a full disk stops the run and does not condemn the clip", "[judge]")
{
    CHECK(reason_of_errno(ENOSPC) == reason::disk_full);
    CHECK(reason_of_errno(EDQUOT) == reason::disk_full);
    CHECK(class_of(reason_of_errno(EROFS)) == reelpipe::reason_class::global);
    CHECK(class_of(reason_of_errno(EMFILE)) == reelpipe::reason_class::global);
}

TEST_CASE("what the resolver found comes through with its text", "[judge]")
{
    const auto found = finding_of(reelpipe::source_error(reason::private_video, "Private video"));
    CHECK(found.why == reason::private_video);
    CHECK(found.message == "Private video");
}

TEST_CASE("a cancelled stage is no failure of the clip", "[judge]")
{
    CHECK(finding_of(asio::system_error(asio::error::operation_aborted)).why == reason::interrupted);
    const std::error_code of_libav = std::make_error_code(std::errc::operation_canceled);
    CHECK(finding_of(std::system_error(of_libav)).why == reason::interrupted);
}

TEST_CASE("an error that nobody expected keeps its text", "[judge]")
{
    const auto found = finding_of(std::runtime_error("surprise"));
    CHECK(found.why == reason::unknown);
    CHECK(found.message == "surprise");
    CHECK(diagnose(std::make_exception_ptr(42)).why == reason::unknown);
}

TEST_CASE("a video whose samples are elsewhere than its index says is corrupt", "[judge]")
{
    const auto found = finding_of(reelpipe::media::missing_bytes(4711));
    CHECK(found.why == reason::corrupt);
    CHECK_THAT(found.message,
               Catch::Matchers::ContainsSubstring("4711") && Catch::Matchers::ContainsSubstring("index"));
}
