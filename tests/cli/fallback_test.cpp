#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "many_clips.hpp"
#include "support/catch.hpp"
#include "support/comes_true.hpp"
#include "support/process.hpp"
#include "support/site.hpp"
#include "support/temp_folder.hpp"
#include "support/youtube_stand_in.hpp"

namespace fs = std::filesystem;
using nlohmann::json;
using namespace reelpipe::test;

// What becomes of a video of which no part can be asked for: the real yt-dlp finds DASH segments, or no URLs at all.
namespace {

const fs::path whole_video = fs::path(REELPIPE_TEST_MEDIA) / "moov_first.mp4";

// A site with a page /watch?v=pieces, whose video comes as a DASH manifest with a file for each piece.
struct pieces_site {
    pieces_site() : server({"python3", REELPIPE_TESTS_SUPPORT "/watch_site.py", (folder / "media").string()})
    {
        fs::create_directories(folder / "media");
        output_of({"ffmpeg", "-v", "error", "-i", whole_video.string(), "-map", "0", "-c", "copy", "-f", "dash",
                   "-seg_duration", "2", (folder / "media/list.mpd").string()});
        write_file(folder / "list.csv", "youtube_id,time_start,time_end,label\npieces,11,13,l\n");
    }

    // The words of `reelpipe download` into `output`.
    std::vector<std::string> download(const std::string& output, std::vector<std::string> more) const
    {
        std::vector<std::string> words{REELPIPE_BINARY,
                                       "download",
                                       (folder / "list.csv").string(),
                                       "-o",
                                       (folder / output).string(),
                                       "--preset",
                                       "ultrafast",
                                       "--backoff",
                                       "0.05"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }

    std::vector<std::string> from_page(const std::string& output, std::vector<std::string> more) const
    {
        more.insert(more.begin(), {"--url-base", server.url("/watch?v=")});
        return download(output, std::move(more));
    }

    std::vector<fs::path> left_in(const fs::path& temporary) const
    {
        std::vector<fs::path> all;
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(temporary))
            all.push_back(entry.path());
        return all;
    }

    temp_folder folder{};
    site server;
};

std::string frames_of(const fs::path& clip)
{
    return output_of({"ffmpeg", "-v", "error", "-i", clip.string(), "-map", "0:v", "-f", "framemd5", "-"});
}

std::string streams_of(const fs::path& clip)
{
    return output_of({"ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height,nb_frames", "-of",
                      "compact", clip.string()});
}

}  // namespace

TEST_CASE("a video that comes in pieces has a reason of its own, and yt-dlp may download it", "[fallback][youtube]")
{
    const pieces_site site;
    const fs::path output = site.folder / "clips", clip = output / "l/pieces_000011_000013.mp4";

    const finished without = run(site.from_page("clips", {}));

    INFO(without.err);
    CHECK(without.status == 1);
    CHECK(says(without, "comes over 'http_dash_segments'"));

    const finished with = run(site.from_page("clips", {"--fallback", "yt-dlp", "--metadata"}));

    INFO(with.err);
    CHECK(with.status == 0);
    REQUIRE(fs::exists(clip));
    fs::create_directories(site.folder / "videos");
    fs::copy_file(whole_video, site.folder / "videos/pieces.mp4");
    const finished whole = run(site.download("whole", {"--source", (site.folder / "videos").string()}));
    INFO(whole.err);
    REQUIRE(whole.status == 0);
    CHECK(frames_of(clip) == frames_of(site.folder / "whole/l/pieces_000011_000013.mp4"));
    CHECK(streams_of(clip) == streams_of(site.folder / "whole/l/pieces_000011_000013.mp4"));
    CHECK(site.left_in(output / ".reelpipe/tmp").empty());

    // what the site said of the video goes along
    const fs::path exported = site.folder / "shards";
    output_of({REELPIPE_BINARY, "export", output.string(), "-o", exported.string(), "--layout", "webdataset"});
    const json member =
        json::parse(output_of({"tar", "-xOf", (exported / "clips-000000.tar").string(), "000000_000000.json"}));
    CHECK_THAT(member["title"].get<std::string>(), Catch::Matchers::StartsWith("A video"));
}

TEST_CASE("what yt-dlp downloads is kept within the limit for temporary files", "[fallback][youtube]")
{
    const pieces_site site;
    fs::create_directories(site.folder / "tmp");
    const std::string temporary = (site.folder / "tmp").string();

    // A run that was killed has left this.
    fs::create_directories(site.folder / "tmp/reelpipe-yt-dlp-abcdef");
    write_file(site.folder / "tmp/reelpipe-yt-dlp-abcdef/video", "a part");
    const finished end =
        run(site.from_page("clips", {"--fallback", "yt-dlp", "--tmp-limit", "100K", "--tmp-dir", temporary}));

    INFO(end.err);
    CHECK(end.status != 0);
    CHECK(says(end, "more than the 102400 bytes of --tmp-limit"));
    CHECK(site.left_in(temporary).empty());
}

TEST_CASE("^C ends a download by yt-dlp and leaves nothing of it", "[fallback][youtube]")
{
    pieces_site site;
    const std::string manifest = read_file(site.folder / "media/list.mpd");
    std::string hanging = manifest;
    const std::string piece = "chunk-stream$RepresentationID$-$Number%05d$.m4s";
    hanging.replace(hanging.find(piece), piece.size(), "hang.m4s");
    write_file(site.folder / "media/list.mpd", hanging);
    fs::create_directories(site.folder / "tmp");
    const fs::path temporary = site.folder / "tmp";
    process download(site.from_page("clips", {"--fallback", "yt-dlp", "--tmp-dir", temporary.string()}));
    REQUIRE(comes_true([&] {
        const std::vector<std::string> asked = site.server.requests();
        return std::ranges::find(asked, "GET /media/hang.m4s") != asked.end();
    }));
    CHECK_FALSE(site.left_in(temporary).empty());

    download.signal(SIGINT);
    REQUIRE(comes_true([&] { return download.errors_so_far().find("interrupted") != std::string::npos; }));
    download.signal(SIGINT);
    const finished end = download.wait();

    INFO(end.err);
    CHECK(end.status == 130);
    CHECK(site.left_in(temporary).empty());
}

TEST_CASE("a video without any URL says what helps", "[fallback][youtube]")
{
    const temp_folder folder;
    site youtube = start_youtube(folder, {{"abcdefghijk", {{"withheld", true}, {"alone", true}}}});
    write_file(folder / "list.csv", "youtube_id,time_start,time_end,label\nabcdefghijk,1,2,l\n");
    const bool is_old = output_of({"/usr/bin/python3", "-m", "yt_dlp", "--version"}) < "2025";
    std::vector<std::string> words{REELPIPE_BINARY,
                                   "download",
                                   (folder / "list.csv").string(),
                                   "-o",
                                   (folder / "clips").string(),
                                   "--proxy",
                                   youtube.url(""),
                                   "--fallback",
                                   "yt-dlp"};
    const json parameters = parameters_for_youtube(is_old);
    for (const auto& [key, value] : parameters.items())
        words.insert(words.end(), {"--yt-dlp-option", key + "=" + value.dump()});

    const finished end = run(words);

    INFO(end.err);
    CHECK(end.status == 1);
    if (!is_old) CHECK(says(end, "no_direct_url"));
}
