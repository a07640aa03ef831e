// What a run makes of workers that are in the hands of the media that they read.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "isolation/answers.hpp"
#include "isolation/clip_workers.hpp"
#include "isolation/stand_in.hpp"
#include "media/error.hpp"
#include "media/limits.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;
namespace cut = reelpipe::cut;
namespace isolation = reelpipe::isolation;
namespace media = reelpipe::media;
namespace verify = reelpipe::verify;
using namespace std::chrono_literals;
using nlohmann::json;
using reelpipe::clip_workers;
using reelpipe::test::message;
using reelpipe::test::open_files;
using reelpipe::test::read_file;
using reelpipe::test::temp_folder;
using reelpipe::test::worker_that;
using reelpipe::test::write_file;

namespace {

constexpr std::uint64_t file_bytes = 1000;

// A worker that says one thing to whatever it is asked, on a video and a clip of 1000 bytes.
class liar {
public:
    liar() { REQUIRE(ftruncate(files_.video, file_bytes) == 0); }

    // What a run is told of the video, and by how many workers; "believed" if the answer was taken.
    template <class Ask> std::string blame_for(const std::string& bytes, Ask ask)
    {
        write_file(folder_ / "answer", bytes);
        fs::remove(folder_ / "begun");
        REQUIRE(ftruncate(files_.clip, file_bytes) == 0);
        clip_workers workers(program_, 60s);
        try {
            ask(workers, files_);
        } catch (const media::process_died& e) {
            CHECK(read_file(folder_ / "begun").size() == 2);
            return e.what();
        } catch (const std::exception& e) {
            return fmt::format("not of the worker: {}", e.what());
        }
        return "believed";
    }

private:
    const temp_folder folder_;
    const open_files files_{folder_};
    const fs::path program_ = worker_that(
        folder_, fmt::format("printf . >> {}/begun; cat $answer >&3; exec sleep 1000", folder_.path().string()));
};

// Asks for each kind of job.
void cut_encoded(clip_workers& workers, const open_files& files)
{
    workers.cut(files.input(), {0s, 1s}, files.clip, {}, {});
}
void cut_smartly(clip_workers& workers, const open_files& files)
{
    workers.cut(files.input(), {0s, 1s}, files.clip, {.mode = cut::way::smart}, {});
}
void verify_clip(clip_workers& workers, const open_files& files)
{
    workers.verify(files.clip, {.frames = 25, .duration = 1s, .audio = false}, {});
}
void list_frames(clip_workers& workers, const open_files& files)
{
    workers.verify(files.clip, {.frames = 2, .list_frames = true}, {});
}
void survey_file(clip_workers& workers, const open_files& files) { workers.survey(files.video, false, {}); }
void plan_spans(clip_workers& workers, const open_files& files)
{
    media::partial_file video{.descriptor = files.video, .size = file_bytes};
    video.held.add({0, 50});
    workers.plan(video, {{0s, 1s}}, media::stream_selection::audio_and_video, {});
}
void look_at_run(clip_workers& workers, const open_files& files)
{
    workers.probe_segment_run({.descriptor = files.video, .size = file_bytes}, std::nullopt, {0s, 1s},
                              media::stream_selection::audio_and_video, {});
}

using ask_function = void (*)(clip_workers&, const open_files&);

// True answers, with one part each that may be put in its place.
json true_cut() { return {25, 0, 1'000'000, 0, false, false, nullptr, 0, "MP4, h264 64x48, 25 fps"}; }
json true_smart_cut() { return {2, 0, 80'000, 0, false, false, {1, 25, {{0, 7}, {1, 8}}, 1, 2, {9}}, 0, "MP4"}; }
json true_facts() { return {25, 0, 1'000'000, 40'000, true, "h264", 64, 48, false, 0, file_bytes, 25, nullptr}; }
json true_list()
{
    return {2, 0, 80'000, 40'000, true, "h264", 64, 48, false, 0, file_bytes, 2, {1, 25, 0, 1, true, 1, 1, false}};
}
json true_plan() { return {{{100, 200}, {300, 1000}}, true, true, "MP4", 50, 800}; }
json true_look() { return {0, 0, 1'000'000, "MPEG-TS", 0, 0, false, false}; }

json with(json answer, const std::string& place, const json& lie)
{
    answer[json::json_pointer(place)] = lie;
    return answer;
}

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

void check_refused(ask_function ask, const json& truth, const std::vector<std::pair<std::string, json>>& lies)
{
    liar worker;
    CHECK(worker.blame_for(message(truth.dump()), ask) == "believed");
    for (const auto& [place, lie] : lies) {
        const std::string answer = with(truth, place, lie).dump();
        INFO(answer);
        CHECK_THAT(worker.blame_for(message(answer), ask),
                   Catch::Matchers::StartsWith("its worker process sent an invalid answer") &&
                       Catch::Matchers::EndsWith(", twice"));
    }
}

}  // namespace

TEST_CASE("what a worker says of a clip that it made is refused if it cannot be", "[lies]")
{
    check_refused(cut_encoded, true_cut(),
                  {{"/0", 0},
                   {"/0", -1},
                   {"/0", 8'000'001},
                   {"/0", largest},
                   {"/0", 1.5},
                   {"/0", true},
                   {"/1", lowest},
                   {"/2", -1},
                   {"/2", highest},
                   {"/3", -1},
                   {"/4", 1},
                   {"/6", true_smart_cut()[6]},  // nobody asked for a smart cut
                   {"/7", 99},
                   {"/8", std::string(201, 'x')}});
    check_refused(cut_smartly, true_smart_cut(),
                  {{"/6/0", 0},
                   {"/6/1", -25},
                   {"/6/1", 1LL << 33},
                   {"/6/2", json::array()},
                   {"/6/2/1", json::array()},
                   {"/6/2/2", {2, 9}},  // a sample more than frames
                   {"/6/3", -1},
                   {"/6/3", 3},
                   {"/6/4", 3},
                   {"/6/4", 0}});
}

TEST_CASE("a worker that says that it made a clip, whose file is empty, made none", "[lies]")
{
    liar worker;
    const auto ask = [](clip_workers& workers, const open_files& files) {
        REQUIRE(ftruncate(files.clip, 0) == 0);
        cut_encoded(workers, files);
    };
    CHECK_THAT(worker.blame_for(message(true_cut().dump()), ask),
               Catch::Matchers::ContainsSubstring("a clip, but its file is empty"));
}

TEST_CASE("what a worker says of a clip that it verified is refused if it cannot be", "[lies]")
{
    check_refused(verify_clip, true_facts(),
                  {{"/0", 24},  // for which it would have to refuse the clip
                   {"/0", -25},
                   {"/2", 2'000'000},
                   {"/2", -1'000'000},
                   {"/3", -1},
                   {"/5", std::string(201, 'x')},
                   {"/6", 0},
                   {"/6", (1LL << 32) + 64},
                   {"/7", -48},
                   {"/7", 2'000'000},
                   {"/8", true},
                   {"/10", file_bytes + 1},
                   {"/10", -1},
                   {"/11", -1},
                   {"/11", 8'000'001},
                   {"/12", true_list()[12]}});  // nobody asked for it
    check_refused(list_frames, true_list(),
                  {{"/12/0", 0},
                   {"/12/1", lowest},
                   {"/12/2", "0"},
                   {"/12", {1, 25, 0, 1, true}},
                   {"/12", {1, 25}},
                   {"/12", {1, 25, 0, 1, true, 1, 1}}});
    check_refused(survey_file, true_facts(),
                  {{"/0", 0}, {"/0", 8'000'001}, {"/10", file_bytes - 1}, {"/12", true_list()[12]}});
}

TEST_CASE("what a worker wants of a video is refused if it is not there, or held", "[lies]")
{
    check_refused(plan_spans, true_plan(),
                  {{"/0/0", {200, 100}},
                   {"/0/0", {100, 100}},
                   {"/0/0", {-1, 100}},
                   {"/0/0", {40, 60}},  // partly held
                   {"/0/0", {0, 10}},
                   {"/0/0", {100, 301}},  // overlaps the next
                   {"/0/0", {400, 500}},  // behind the next
                   {"/0/1", {300, 1001}},
                   {"/0/1", {300, largest}},
                   {"/0/0", {100}},
                   {"/3", std::string(201, 'x')},
                   {"/4", 1001},
                   {"/4", -1},
                   {"/5", largest}});
    check_refused(look_at_run, true_look(),
                  {{"/0", lowest}, {"/1", highest}, {"/2", largest}, {"/4", highest}, {"/5", -1}, {"/6", 0}});
}

TEST_CASE("what is no answer at all is refused, whatever was asked", "[lies]")
{
    const std::vector<std::string> none{
        "", "[", "null", "[]", "25", R"("[25]")", "{}", std::string(3000, '['), R"([{"a": )",
        R"({"error": "media", "text": "", "detail": 99})", R"({"error": "media", "text": "", "detail": -1})",
        R"({"error": "nonsense", "text": "", "detail": 0})", R"({"error": "decode", "text": 1, "detail": 0})",
        // These would end the run without a word, or have no name.
        fmt::format(R"({{"error": "system", "text": "", "detail": {}}})", ECANCELED),
        R"({"error": "system", "text": "", "detail": 0})"};
    liar worker;
    for (const std::string& each : none) {
        INFO(each);
        for (const ask_function ask : {cut_encoded, verify_clip, survey_file, plan_spans, look_at_run})
            CHECK_THAT(worker.blame_for(message(each), ask),
                       Catch::Matchers::StartsWith("its worker process sent an invalid answer"));
    }
}

TEST_CASE("an answer that is longer than its job's can be is not received", "[lies]")
{
    liar worker;
    const auto spaces_behind = [](const json& answer, std::size_t bytes) {
        std::string text = answer.dump();
        text.resize(bytes, ' ');
        return message(text);
    };
    constexpr std::size_t most = isolation::max_short_answer;
    const std::vector<std::pair<ask_function, json>> all{{cut_encoded, true_cut()},
                                                         {verify_clip, true_facts()},
                                                         {survey_file, true_facts()},
                                                         {look_at_run, true_look()}};
    for (const auto& [ask, answer] : all) {
        CHECK(worker.blame_for(spaces_behind(answer, most), ask) == "believed");
        CHECK_THAT(worker.blame_for(spaces_behind(answer, most + 1), ask),
                   Catch::Matchers::ContainsSubstring("too long"));
    }
}

TEST_CASE("an answer that ends in the middle is that of a worker which died", "[lies]")
{
    const temp_folder folder;
    const open_files files(folder);
    const std::string answer = message(true_plan().dump());
    clip_workers workers(worker_that(folder, "cat $answer >&3; exit 3"), 60s);
    for (const std::size_t bytes : {std::size_t{3}, answer.size() - 1}) {
        write_file(folder / "answer", answer.substr(0, bytes));
        CHECK_THROWS_WITH(plan_spans(workers, files), "its worker process ended with status 3, twice");
    }
}

TEST_CASE("a worker that lies costs no video if the next one is honest", "[lies]")
{
    const temp_folder folder;
    const open_files files(folder);
    const std::string once = fmt::format("if mkdir {0}/began 2> {0}/log; then printf '\\377\\377\\377\\377' >&3; fi\n",
                                         folder.path().string());
    clip_workers workers(worker_that(folder, once + "cat $answer >&3; exec sleep 1000"), 60s);

    CHECK_THROWS_WITH(workers.verify(files.clip, {}, {}), "answered");
}

TEST_CASE("a text of a worker is cut short", "[lies]")
{
    const temp_folder folder;
    const open_files files(folder);
    clip_workers workers(worker_that(folder, "cat $answer >&3; exec sleep 1000"), 60s);
    const json error{{"error", "verify"}, {"text", std::string(5000, 'x')}, {"detail", 0}};
    write_file(folder / "answer", message(error.dump()));

    CHECK_THROWS_WITH(workers.verify(files.clip, {}, {}), std::string(isolation::max_text, 'x'));
}

TEST_CASE("every answer that an honest worker may have is short enough", "[lies]")
{
    const auto bytes = [](const auto& answer) {
        return isolation::to_message(answer).dump(-1, ' ', false, json::error_handler_t::replace).size();
    };
    const std::string name(200, '\1');

    const isolation::cut_job smart{.wanted = {0s, 2s}, .how = {.mode = cut::way::smart}};
    cut::result clip{.frames = highest, .start = 0us, .parts = media::splice{}, .source = name};
    clip.parts->samples.resize(2000, {lowest, largest});
    clip.parts->sets.resize(286, largest);
    CHECK(bytes(clip) <= isolation::max_answer(smart));
    clip.parts.reset();
    CHECK(bytes(clip) <= isolation::max_answer(isolation::cut_job{}));

    const isolation::verify_job listing{.expected = {.frames = 3000, .list_frames = true}};
    verify::facts facts{.frames = highest, .codec = name, .listed = verify::frame_list{}};
    facts.listed->frames.resize(3000, {lowest, lowest, false});
    CHECK(bytes(facts) <= isolation::max_answer(listing));
    facts.listed.reset();
    CHECK(bytes(facts) <= isolation::max_answer(isolation::verify_job{}));

    media::span_plan plan{.needed = {}, .container = name, .index_bytes = largest, .span_bytes = largest};
    plan.needed.resize(media::max_sample_runs, {largest, largest});
    CHECK(bytes(plan) <= isolation::max_answer(isolation::plan_job{}));

    for (const std::string& text : {std::string(5000, '\1'), std::string(5000, '\xff'), std::string(5000, '"')})
        CHECK(bytes(std::make_exception_ptr(std::runtime_error(text))) <= isolation::max_short_answer);
}
