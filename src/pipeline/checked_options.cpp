#include "pipeline/checked_options.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "isolation/usable_cores.hpp"
#include "reelpipe/usage_error.hpp"
#include "site/locator.hpp"

namespace reelpipe {

namespace {

cut::way way_of(cut_mode mode)
{
    switch (mode) {
        case cut_mode::lossless:
            return cut::way::lossless;
        case cut_mode::smart:
            return cut::way::smart;
        case cut_mode::encode:
            break;
    }
    return cut::way::encode;
}

cut::audio_mode audio_mode_of(audio_choice choice)
{
    switch (choice) {
        case audio_choice::copy:
            return cut::audio_mode::copy;
        case audio_choice::aac:
            return cut::audio_mode::aac;
        case audio_choice::none:
            break;
    }
    return cut::audio_mode::none;
}

cut::options checked_cut_options(const download_options& options)
try {
    cut::options how{.mode = way_of(options.cut.mode),
                     .preset = options.cut.preset,
                     .tune = options.cut.tune,
                     .crf = options.cut.crf,
                     .gop = options.cut.gop,
                     .b_frames = options.cut.b_frames,
                     .x264_params = options.cut.x264_params,
                     .pixel_format = options.cut.pixel_format,
                     .limited_range = options.cut.limited_range,
                     .short_side = options.cut.short_side,
                     .square_pixels = options.cut.square_pixels,
                     .multiple = options.cut.multiple,
                     .frame_rate = options.cut.frame_rate,
                     .filter = options.cut.filter,
                     .audio = audio_mode_of(options.cut.audio),
                     .keep_corrupt = options.cut.keep_corrupt,
                     .reproducible = options.cut.reproducible};
    cut::check(how);
    return how;
} catch (const std::invalid_argument& e) {
    throw usage_error(e.what());
}

// Sockets, fetched files, clips under way, resolvers, clip workers and what every process has.
std::size_t descriptors_for(const download_options& options)
{
    const std::size_t videos = options.fetch.connections + 4 * options.workers.jobs;
    const std::size_t workers = options.workers.program.empty() ? 0 : 2 * options.workers.jobs;  // to cut and to plan
    return 64 + options.fetch.connections + 2 * videos + 4 * options.workers.jobs + 4 * resolvers_for(options.source) +
           workers + 3 * stores_at_once;
}

void check_descriptors(const download_options& options)
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
    const std::size_t needed = descriptors_for(options);
    if (needed > limit.rlim_cur)
        throw usage_error(
            fmt::format("{} connections and {} jobs may need {} file descriptors, but the limit is {}: raise it with "
                        "`ulimit -n {}`, or use fewer --connections",
                        options.fetch.connections, options.workers.jobs, needed, limit.rlim_cur, needed));
}

// Videos are written at their own offsets: a clip of the end of a video takes a file as large as the video.
void check_file_size()
{
    constexpr rlim_t enough = 4ull << 30;
    rlimit limit{};
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur >= enough) return;
    throw usage_error(fmt::format(
        "`ulimit -f` limits files to {:.1f} MB, which is too small for videos; run `ulimit -f unlimited` first",
        static_cast<double>(limit.rlim_cur) / 1e6));
}

download_options with_defaults(download_options options)
{
    if (options.workers.jobs == 0) options.workers.jobs = usable_cores();
    if (options.fetch.connections == 0 || options.fetch.attempts == 0)
        throw usage_error("connections and attempts must be at least 1");
    if (options.cut.verify_fully && options.cut.keep_corrupt)
        throw usage_error(
            "--verify full and --keep-corrupt contradict each other: the first fails clips with the frames that the "
            "second keeps; leave one out");
    check_descriptors(options);
    check_file_size();
    locator::check(options.source);
    if (options.output.report.empty()) options.output.report = options.output.folder / "download_report.json";
    return options;
}

store::trim_format checked_format(const std::string& format)
try {
    return store::trim_format(format);
} catch (const std::invalid_argument& e) {
    throw usage_error(e.what());
}

// The reasons that words of --retry stand for: a class means all of its reasons.
std::set<reason> reasons_of(const std::vector<std::string>& words)
{
    std::set<reason> all;
    for (const std::string& word : words) {
        const std::size_t before = all.size();
        for (auto i = std::uint8_t{0}; i <= static_cast<std::uint8_t>(reason::unknown); ++i) {
            const auto why = static_cast<reason>(i);
            if (word == to_string(why) || word == to_string(class_of(why))) all.insert(why);
        }
        if (all.size() == before && !reason_from(word))
            throw usage_error(fmt::format(
                "retry '{}': expected soft, permanent, or a reason as reports name it, such as geo_blocked", word));
    }
    return all;
}

}  // namespace

checked_options::checked_options(download_options options)
    : asked(with_defaults(std::move(options))),
      trim(checked_format(asked.output.trim_format)),
      cut(checked_cut_options(asked)),
      retry(reasons_of(asked.wanted.retry))
{
}

}  // namespace reelpipe
