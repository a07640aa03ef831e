#include "cli/demo.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "cli/choice.hpp"
#include "cli/printing.hpp"

extern char** environ;

namespace reelpipe::cli {

namespace fs = std::filesystem;

namespace {

struct video {
    const char* id;
    const char* frame;  // a source of libavfilter
    int seconds;
    const char* index;  // where the muxer puts it: movflags
};

constexpr std::array videos{
    video{"testcard_01", "testsrc2=size=640x360:rate=30000/1001", 90, "+faststart"},
    video{"mandelbrot1", "mandelbrot=size=640x360:rate=25", 60, "+faststart"},
    video{"-moov_last-", "smptehdbars=size=640x360:rate=30", 120, "0"},
};

// A list as the field writes them: four clips and a dead link.
constexpr int living_clips = 4;
constexpr std::string_view list =
    "label,youtube_id,time_start,time_end,split\n"
    "watching a test card,testcard_01,30,40,val\n"
    "watching a test card,testcard_01,75,85,val\n"
    "zooming in,mandelbrot1,5,15,val\n"
    "\"waiting, for the video\",-moov_last-,100,110,val\n"
    "waiting for the uploader's return,dead_link_1,10,20,val\n";

void run_program(std::vector<std::string> words)
{
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = -1;
    const int failed = posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ);
    if (failed)
        throw std::runtime_error(fmt::format("cannot start {}: {}; install it (apt-get install ffmpeg)", words[0],
                                             std::generic_category().message(failed)));
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw std::runtime_error(fmt::format("{} failed, see its message above", words[0]));
}

void make_video(const video& f, const fs::path& file)
{
    if (fs::exists(file)) return;
    const fs::path unfinished = file.string() + ".part";
    run_program({"ffmpeg",
                 "-nostdin",
                 "-v",
                 "error",
                 "-y",
                 "-f",
                 "lavfi",
                 "-i",
                 f.frame,
                 "-f",
                 "lavfi",
                 "-i",
                 "sine=frequency=440:beep_factor=4",
                 "-t",
                 std::to_string(f.seconds),
                 "-c:v",
                 "libx264",
                 "-preset",
                 "ultrafast",
                 "-pix_fmt",
                 "yuv420p",
                 "-g",
                 "150",
                 "-bf",
                 "2",
                 "-c:a",
                 "aac",
                 "-movflags",
                 f.index,
                 "-f",
                 "mp4",
                 unfinished.string()});
    fs::rename(unfinished, file);
}

// Serves a folder on loopback while it lives.
class origin {
public:
    explicit origin(const fs::path& folder)
    {
        if (!server_.set_mount_point("/", folder.string())) throw std::runtime_error("cannot serve " + folder.string());
        port_ = server_.bind_to_any_port("127.0.0.1");
        if (port_ < 0) throw std::runtime_error("no free port on 127.0.0.1");
        thread_ = std::thread([this] { server_.listen_after_bind(); });
        while (!server_.is_running()) std::this_thread::yield();  // stop() before that would be lost
    }
    origin(const origin&) = delete;
    origin& operator=(const origin&) = delete;
    ~origin()
    {
        server_.stop();
        thread_.join();
    }

    int port() const { return port_; }

private:
    httplib::Server server_;
    int port_ = -1;
    std::thread thread_;
};

}  // namespace

CLI::App* add_demo(CLI::App& program, download_arguments& arguments)
{
    download_options& o = arguments.run;
    CLI::App* const command =
        program.add_subcommand("demo", "Try the whole job on generated videos; no internet needed");
    command
        ->add_option("-o,--output", o.output.folder,
                     "folder for videos and clips (default: a new one in the temporary folder)")
        ->option_text("DIR");
    command->add_option("--preset", o.cut.preset, "libx264 preset")->capture_default_str()->option_text("NAME");
    command->footer("");
    add_jobs(*command, o.workers.jobs, "clips to cut at a time");
    return command;
}

int run_demo(download_arguments arguments)
try {
    fs::path folder = arguments.run.output.folder;
    if (folder.empty()) {
        std::string name = (fs::temp_directory_path() / "reelpipe-demo-XXXXXX").string();
        if (!mkdtemp(name.data())) throw std::system_error(errno, std::generic_category(), "make a folder " + name);
        folder = name;
    }
    const fs::path video_folder = folder / "videos";
    fs::create_directories(video_folder);

    print(stderr, fmt::format("making {} videos in {}\n", videos.size(), video_folder.string()));
    std::uintmax_t video_bytes = 0;
    for (const video& f : videos) {
        const fs::path file = video_folder / fmt::format("{}.mp4", f.id);
        make_video(f, file);
        video_bytes += fs::file_size(file);
    }
    const fs::path list_file = folder / "list.csv";
    std::ofstream(list_file) << list;

    const origin server(video_folder);
    print(stderr, fmt::format("serving {:.1f} MB on http://127.0.0.1:{}/; one link of the list is dead on purpose\n",
                              static_cast<double>(video_bytes) / 1e6, server.port()));
    arguments.run.wanted.lists = {list_file.string()};
    arguments.run.source.name = fmt::format("http://127.0.0.1:{}/{{id}}.mp4", server.port());
    arguments.run.output.folder = folder / "clips";
    const int status = run_download(arguments);
    if (status == exit_status::usage) return status;  // the message has been shown, and there is no folder of clips

    int clips = 0;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(arguments.run.output.folder)) {
        if (entry.path().extension() != ".mp4") continue;
        print(stdout, entry.path().string() + "\n");
        ++clips;
    }
    print(stderr, fmt::format("the clips and their report are in {}\n", arguments.run.output.folder.string()));
    // The dead link fails, as it should, and nothing else does.
    return status == exit_status::some_failed && clips == living_clips ? exit_status::all_stored : status;
} catch (const std::exception& e) {
    print_error(e.what());
    return exit_status::stopped;
}

}  // namespace reelpipe::cli
