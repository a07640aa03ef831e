// bench_e2e: a list of clips like Kinetics' becomes a folder of clips. Starts as in the real lists, videos of matching
// lengths, a tenth of the links dead; each contender as its users run it. near: nginx on loopback, on the same cores.
// far: 100 ms to the first byte and 1 MB/s a connection. site: contenders get pages, and yt-dlp has to find the video.
// Before a time counts: exactly the clips that are not dead are there, and each shows the video's frames in number.
//
//     build/release/bin/bench_e2e --scale full --contest "encode, near"
#include <tuple>

#include "e2e/workload.hpp"
#include "support/process.hpp"

namespace {

using namespace reelpipe::bench;
using namespace std::chrono_literals;

const network near{.name = "near"};
const network far{.name = "far", .to_first_byte = 100ms, .bytes_a_second = 1'000'000};

struct work_sizes {
    size_of_work encode{}, lossless{};
    size_of_work slow_encode{}, slow_lossless{};  // where others wait for each clip
};

work_sizes sized(scale how_much)
{
    if (how_much == scale::smoke) {
        const size_of_work few{.videos = 2, .length = 2s, .frame = "160x90", .preset = "ultrafast"};
        return {few, few, few, few};
    }
    if (how_much == scale::quick) return {{.videos = 4}, {.videos = 12, .names = 10}, {.videos = 4}, {.videos = 12}};
    return {{.videos = 36}, {.videos = 12, .names = 24}, {.videos = 12}, {.videos = 12, .names = 8}};
}

contender reelpipe_of(const workload& w, const std::string& cut, const std::string& name = "reelpipe")
{
    return {.name = name, .take_turn = [w, cut] { return reelpipe_program(w, cut); }};
}

std::vector<contender> encoders_of(const workload& w)
{
    return {reelpipe_of(w, "encode"),
            reelpipe_of(w, "smart", "reelpipe, smart"),
            {.name = "ffmpeg -ss URL", .take_turn = [w] { return ffmpeg_url(w, false); }},
            {.name = "yt-dlp sections", .take_turn = [w] { return yt_dlp_sections(w); }},
            {.name = "video2dataset's way", .take_turn = [w] { return video2dataset(w); }},
            {.name = "ActivityNet's way", .take_turn = [w] { return activitynet(w); }}};
}

std::vector<contender> copiers_of(const workload& w)
{
    return {reelpipe_of(w, "lossless"),
            {.name = "ffmpeg -ss URL -c copy", .take_turn = [w] { return ffmpeg_url(w, true); }}};
}

// The network hides behind the encoder once the first videos are there, which takes a second: of a run of a minute that
// alone would be most of what the target leaves, so that this one takes longer than the others.
contest far_and_near(const workload& w)
{
    return {.name = "encode, far and near",
            .work = std::to_string(w.rows.size()) + " rows, H.264 out",
            .contenders = {reelpipe_of(served(w, far, false), "encode"),
                           reelpipe_of(served(w, near, false), "encode", "reelpipe, near")}};
}

// What it costs to be looked at. Runs of seconds, of which the start is little.
contest watched(const workload& w)
{
    return {.name = "lossless, near, watched",
            .work = std::to_string(w.rows.size()) + " rows, packets copied",
            .contenders = {reelpipe_of(w, "lossless"), {.name = "reelpipe, --serve", .take_turn = [w] {
                                                            return reelpipe_watched(w, "lossless");
                                                        }}}};
}

// What it costs to pack the clips into shards at the end.
contest packed(const workload& w)
{
    return {.name = "lossless, near, webdataset",
            .work = std::to_string(w.rows.size()) + " rows, packets copied",
            .contenders = {reelpipe_of(w, "lossless"), {.name = "reelpipe, webdataset", .take_turn = [w] {
                                                            return reelpipe_packed(w, "lossless");
                                                        }}}};
}

target at_least(std::string contest, double bound, std::string against = "", bool aim = false)
{
    return {.contest = std::move(contest),
            .contender = "reelpipe",
            .figure = "clips_per_s",
            .bound = bound,
            .against = std::move(against),
            .aim = aim};
}

// A bound on a figure of smart cuts: at most so much CPU time, or at least so many clips.
target smart_target(std::string figure, double bound, std::string against)
{
    const bool is_cost = figure == "cpu_s";
    return {.contest = "encode, near",
            .contender = "reelpipe, smart",
            .figure = std::move(figure),
            .which = is_cost ? target::kind::at_most : target::kind::at_least,
            .bound = bound,
            .against = std::move(against)};
}

// Bounds on what a contender of the last contest costs, beside a run without it: clips/s, and memory.
void add_costs(scenario& all, const std::string& contender, double least_speed)
{
    for (const auto& [figure, which, bound] : {std::tuple("clips_per_s", target::kind::at_least, least_speed),
                                               std::tuple("peak_mb", target::kind::at_most, 1.15)})
        all.targets.push_back({.contest = all.contests.back().name,
                               .contender = contender,
                               .figure = figure,
                               .which = which,
                               .bound = bound,
                               .against = "reelpipe"});
}

scenario make(scale how_much)
{
    const work_sizes sizes = sized(how_much);
    const workload encode = prepare(sizes.encode), slow_encode = prepare(sizes.slow_encode),
                   fast_lossless = prepare(sizes.lossless), slow_lossless = prepare(sizes.slow_lossless);
    std::string version = reelpipe::test::output_of({"yt-dlp", "--version"});
    version.resize(version.find('\n'));
    scenario all{
        .name = "e2e",
        .columns = {{.figure = "clips_per_s", .heading = "clips/s", .decimals = 2},
                    {.figure = "cpu_s", .heading = "CPU s/clip", .decimals = 3},
                    {.figure = "bytes", .heading = "MB/clip", .scale = 1e-6, .decimals = 2},
                    {.figure = "peak_mb", .heading = "MB, largest process", .decimals = 0}},
        .contests = {},
        // The first two are beyond what libx264 leaves, as docs/performance.md says.
        .targets = {at_least("encode, near", 3.2, "ActivityNet's way", true),
                    at_least("encode, near", 1.1, "ffmpeg -ss URL", true), at_least("lossless, near", 100),
                    at_least("lossless, near", 200, "", true), smart_target("cpu_s", 0.40, "reelpipe"),
                    smart_target("clips_per_s", 2.3, "reelpipe"), smart_target("clips_per_s", 2, "ffmpeg -ss URL")},
        .setup = {{"yt-dlp", version}, {"preset", sizes.encode.preset}},
        .rounds = how_much == scale::full ? 3 : 1};
    if (how_much == scale::full) {
        all.contests.push_back(far_and_near(prepare({.videos = 36, .names = 2})));
        all.targets.push_back(at_least(all.contests.back().name, 0.97, "reelpipe, near"));
        const workload long_run = served(prepare({.videos = 12, .names = 100}), near, false);
        all.contests.push_back(packed(long_run));
        add_costs(all, "reelpipe, webdataset", 0.95);
        all.contests.push_back(watched(long_run));
        add_costs(all, "reelpipe, --serve", 0.99);
    }
    for (const bool with_site : {false, true})
        for (const network& net : {near, far}) {
            // The contests that the short forms leave out take minutes.
            if (how_much != scale::full && net.name == "far" && with_site) continue;
            if (how_much == scale::smoke && net.name == "far") continue;
            const std::string where = net.name + (with_site ? ", site" : "");
            const bool is_fast = net.name == "near" && !with_site;
            const workload& encoded = is_fast ? encode : slow_encode;
            contest encoding{.name = "encode, " + where,
                             .work = std::to_string(encoded.rows.size()) + " rows, H.264 out",
                             .contenders = encoders_of(served(encoded, net, with_site))};
            if (how_much == scale::quick && (net.name == "far" || with_site))
                encoding.contenders.resize(with_site ? 3 : 1);
            all.contests.push_back(std::move(encoding));
            const workload& lossless = is_fast ? fast_lossless : slow_lossless;
            if (how_much == scale::quick && with_site) continue;
            all.contests.push_back({.name = "lossless, " + where,
                                    .work = std::to_string(lossless.rows.size()) + " rows, packets copied",
                                    .contenders = copiers_of(served(lossless, net, with_site))});
        }
    return all;
}

}  // namespace

int main(int argc, char** argv)
{
    return run_bench(argc, argv, "From a list to a folder of clips, here and by others.", make);
}
