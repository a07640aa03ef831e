#include "stages/resolve/yt_dlp.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "stages/resolve/async_semaphore.hpp"
#include "stages/resolve/installation.hpp"
#include "stages/resolve/percent_encoding.hpp"
#include "stages/resolve/program_reply.hpp"
#include "stages/resolve/reply.hpp"
#include "stages/resolve/web_url.hpp"
#include "stages/resolve/worker_process.hpp"
#include "stages/resolve/worker_settings.hpp"

namespace reelpipe::resolve {

namespace {

constexpr std::string_view takes_runtimes_since = "2025.11.12";

// `yt-dlp -J` with what the worker gives to class YoutubeDL.
std::vector<std::string> program_words(const yt_dlp_options& options, const installation& where,
                                       const std::string& version, const std::string& video)
{
    std::vector<std::string> words{
        where.program.string(),
        "--ignore-config",
        "--print-traffic",  // how long a site wants to be left alone stands in the head of its answer only
        "--no-playlist",
        "--use-extractors",
        options.extractors.empty() ? "youtube,youtube:truncated_(id|url),html5,generic" : options.extractors,
        "--socket-timeout",
        "15",
        "--extractor-retries",
        "1",
        "--retries",
        "0",
        "--force-ipv4",
        "--proxy",
        options.proxy,
        "--format",
        selector_of(options)};
    // yt-dlp writes to the cookie file that it is given, so it gets a copy of its own.
    if (version >= takes_runtimes_since)
        for (const char* runtime : {"node", "bun", "quickjs"}) words.insert(words.end(), {"--js-runtimes", runtime});
    if (options.cache.empty())
        words.emplace_back("--no-cache-dir");
    else
        words.insert(words.end(), {"--cache-dir", options.cache.string()});
    if (!options.cookies.empty()) words.insert(words.end(), {"--cookies", "/proc/self/fd/3"});
    words.insert(words.end(), {"-J", "--", options.url_base + percent_encoded(video)});
    return words;
}

std::string content_of(const std::filesystem::path& file)
{
    if (file.empty()) return {};
    std::ifstream in(file, std::ios::binary);
    std::ostringstream content;
    content << in.rdbuf();
    if (!in) throw source_error(reason::resolver_missing, "cannot read the cookies in " + file.string());
    return content.str();
}

bool is_youtube_video(std::string_view url_base, std::string_view video)
{
    constexpr std::string_view characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    return url_base == yt_dlp_options{}.url_base && video.size() == 11 &&
           video.find_first_not_of(characters) == std::string_view::npos;
}

// The day in "2026.08.19" or "2026.08.19.232743.dev0"; nothing if the version does not begin with a date.
std::optional<std::chrono::sys_days> release_day(const std::string& version)
{
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    if (std::sscanf(version.c_str(), "%4d.%2u.%2u", &year, &month, &day) != 3) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

std::string joined(const std::vector<std::string>& all)
{
    std::string text;
    for (const std::string& each : all) text += (text.empty() ? "" : ", ") + each;
    return text;
}

}  // namespace

std::string scripts_in_words(const yt_dlp_versions& versions)
{
    if (!versions.wants_scripts) return {};
    std::string text = versions.scripts.empty() ? "none" : joined(versions.scripts);
    if (!versions.unfit.empty()) text += " (" + joined(versions.unfit) + ")";
    if (!versions.scripts.empty() && !versions.has_solver) text += " without the solver script";
    if (!versions.clients.empty()) text += "; asks YouTube as " + joined(versions.clients);
    return text;
}

std::string unknown_options_in_words(const yt_dlp_versions& versions)
{
    if (versions.unknown_options.empty()) return {};
    return "yt-dlp " + versions.yt_dlp + " knows no option " + joined(versions.unknown_options) +
           ": it changes nothing";
}

std::string age_warning(const std::string& version, std::chrono::system_clock::time_point now)
{
    constexpr std::chrono::days lasts{90};  // sites change, and yt-dlp follows within days
    const std::optional<std::chrono::sys_days> released = release_day(version);
    if (!released || now - *released <= lasts) return {};
    const auto age = std::chrono::duration_cast<std::chrono::days>(now - *released);
    return "yt-dlp " + version + " is " + std::to_string(age.count()) +
           " days old, and YouTube may have changed since: install a newer one, for example with `pipx install "
           "\"yt-dlp[default]\"`, and name it with --yt-dlp PATH";
}

class yt_dlp::pool {
    // Reading yt-dlp takes Python seconds on a cold disk, and that is no call's time.
    static constexpr std::chrono::milliseconds start_up = std::chrono::minutes(1);
    static constexpr std::size_t started_at_once = 2;

public:
    pool(asio::any_io_executor executor, yt_dlp_options options)
        : executor_(std::move(executor)), options_(std::move(options)), door_(executor_, options_.workers)
    {
        if (options_.workers == 0) throw std::invalid_argument("at least one resolver is needed");
        if (options_.max_height <= 0) throw std::invalid_argument("the maximum height must be above 0");
        if (!is_web_url(options_.url_base))
            throw std::invalid_argument("'" + options_.url_base + "' does not begin with http:// or https://");
        check_parameters(options_);
    }

    const yt_dlp_versions& versions() const { return versions_; }
    bool wants_subtitles() const { return !options_.subtitles.empty(); }

    static asio::awaitable<yt_dlp_versions> start(std::shared_ptr<pool> self)
    {
        self->find_installed();
        if (self->is_program()) {
            co_await ask_version(self);
            co_return self->versions_;
        }
        std::vector<std::unique_ptr<worker_process>> started;  // all of them get ready at the same time
        // Those that are needed beyond a few start then: a short list needs none of them.
        while (self->idle_.size() + started.size() < std::min(self->options_.workers, started_at_once)) {
            started.push_back(self->spawn());
            co_await started.back()->send(self->settings_, self->options_.deadline);
        }
        for (std::unique_ptr<worker_process>& worker : started) {
            co_await greet(self, *worker);
            self->idle_.push_back(std::move(worker));
        }
        co_return self->versions_;
    }

    static asio::awaitable<resolved_video> resolve(std::shared_ptr<pool> self, std::string video)
    {
        if (video.empty()) throw source_error(reason::bad_input, "the video id is empty");
        const async_semaphore::place inside = co_await self->door_.enter();
        try {
            self->find_installed();
            if (self->is_program()) {
                resolved_video found = co_await run_program(self, std::move(video));
                co_return found;
            }
            std::unique_ptr<worker_process> worker = self->take_idle();
            if (!worker) {
                worker = self->spawn();
                co_await worker->send(self->settings_, self->options_.deadline);
                co_await greet(self, *worker);
            }
            const std::uint64_t id = ++self->requests_;
            std::string request = self->request_for(id, video);
            co_await worker->send(std::move(request), self->options_.deadline);
            const std::string line = co_await worker->receive(self->options_.deadline);
            reply answer = parse_reply(line, id, self->context_of(video), self->options_.proxy);
            if (!answer.last && !self->closed_) self->idle_.push_back(std::move(worker));
            if (const auto* failed = std::get_if<source_error>(&answer.outcome)) throw *failed;
            co_return std::get<resolved_video>(std::move(answer.outcome));
        } catch (const worker_died& dead) {
            throw source_error(reason::resolver_died, dead.what());
        } catch (const malformed_reply& odd) {
            throw source_error(reason::resolver_died, odd.what());
        }
    }

    void close()
    {
        closed_ = true;
        idle_.clear();
    }

private:
    void find_installed()
    {
        if (!settings_.empty()) return;
        installation_ = find_installation(options_.yt_dlp, options_.python);
        if (is_program() && (!options_.parameters.empty() || options_.fallback))
            throw source_error(reason::resolver_missing,
                               installation_.program.string() +
                                   " is a program that brings its own Python, so it takes no " +
                                   (options_.fallback ? "--fallback" : "--yt-dlp-option") +
                                   "; name a yt-dlp that is a script, a zipapp or the module's folder");
        settings_ = settings_of(options_, installation_);
    }

    bool is_program() const { return !installation_.program.empty(); }

    std::unique_ptr<worker_process> spawn()
    {
        return std::make_unique<worker_process>(executor_, installation_.python);
    }

    static asio::awaitable<void> ask_version(std::shared_ptr<pool> self)
    {
        const std::vector<std::string> words{self->installation_.program.string(), "--ignore-config", "--version"};
        worker_process program(self->executor_, words, {});
        std::string said;
        try {
            said = co_await program.receive_all(std::max(self->options_.deadline, start_up));
        } catch (const worker_died& dead) {
            throw source_error(reason::resolver_missing, words[0] + ": " + dead.what());
        }
        said.resize(std::min(said.size(), said.find('\n')));
        if (!release_day(said))
            throw source_error(reason::resolver_missing,
                               words[0] + " is not yt-dlp, as it gives its version as: " + said);
        self->versions_.yt_dlp = std::move(said);
    }

    static asio::awaitable<resolved_video> run_program(std::shared_ptr<pool> self, std::string video)
    {
        const std::vector<std::string> words =
            program_words(self->options_, self->installation_, self->versions_.yt_dlp, video);
        const std::string cookies = content_of(self->options_.cookies);
        worker_process program(self->executor_, words, cookies);
        const std::string printed = co_await program.receive_all(self->options_.deadline);
        const std::uint64_t id = ++self->requests_;
        // A program tells which JavaScript runtimes it has by complaining when there is none.
        error_context around = self->context_of(video);
        around.runs_scripts = printed.find("No supported JavaScript runtime") == std::string::npos;
        reply answer =
            parse_reply(reply_of_program(printed, id, self->options_.metadata), id, around, self->options_.proxy);
        if (const auto* failed = std::get_if<source_error>(&answer.outcome)) throw *failed;
        co_return std::get<resolved_video>(std::move(answer.outcome));
    }

    static asio::awaitable<void> greet(std::shared_ptr<pool> self, worker_process& worker)
    {
        const std::string hello = co_await worker.receive(std::max(self->options_.deadline, start_up));
        self->versions_ = parse_hello(hello);
    }

    std::unique_ptr<worker_process> take_idle()
    {
        while (!idle_.empty()) {
            std::unique_ptr<worker_process> worker = std::move(idle_.back());
            idle_.pop_back();
            if (worker->is_idle()) return worker;  // else somebody ended it meanwhile; that is no video's fault
        }
        return nullptr;
    }

    std::string request_for(std::uint64_t id, const std::string& video) const
    {
        return nlohmann::json{{"id", id}, {"url", options_.url_base + percent_encoded(video)}}.dump(
            -1, ' ', false, nlohmann::json::error_handler_t::replace);
    }

    error_context context_of(const std::string& video) const
    {
        return {!options_.proxy.empty(), !versions_.wants_scripts || !versions_.scripts.empty(),
                is_youtube_video(options_.url_base, video)};
    }

    asio::any_io_executor executor_;
    yt_dlp_options options_;
    async_semaphore door_;
    installation installation_{};
    std::string settings_;
    yt_dlp_versions versions_{};
    std::vector<std::unique_ptr<worker_process>> idle_;
    std::uint64_t requests_ = 0;
    bool closed_ = false;
};

yt_dlp::yt_dlp(asio::any_io_executor executor, yt_dlp_options options)
    : pool_(std::make_shared<pool>(std::move(executor), std::move(options)))
{
}

yt_dlp::~yt_dlp() { pool_->close(); }

asio::awaitable<yt_dlp_versions> yt_dlp::load() { return pool::start(pool_); }

asio::awaitable<std::vector<message>> yt_dlp::start()
{
    const yt_dlp_versions versions = co_await load();
    std::vector<message> said;
    if (versions.python.empty() && pool_->wants_subtitles())
        throw source_error(reason::resolver_missing, "yt-dlp " + versions.yt_dlp +
                                                         " brings its own Python, so reelpipe cannot ask it for "
                                                         "subtitles; install a script or zipapp, or leave out "
                                                         "--subtitles");
    if (versions.python.empty())
        said.push_back({severity::note,
                        "yt-dlp " + versions.yt_dlp + ", started once per video; a script or zipapp would cost less"});
    else
        said.push_back(
            {severity::note, "yt-dlp " + versions.yt_dlp + " on Python " + versions.python +
                                 (versions.wants_scripts ? ", JavaScript: " + scripts_in_words(versions) : "")});
    if (const std::string unknown = unknown_options_in_words(versions); !unknown.empty())
        said.push_back({severity::warning, unknown + "; check --yt-dlp-option, or install a newer yt-dlp"});
    if (const std::string old = age_warning(versions.yt_dlp, std::chrono::system_clock::now()); !old.empty())
        said.push_back({severity::warning, old});
    co_return said;
}

std::string yt_dlp::version() const { return "yt-dlp " + pool_->versions().yt_dlp; }

asio::awaitable<resolved_video> yt_dlp::resolve(std::string video) { return pool::resolve(pool_, std::move(video)); }

}  // namespace reelpipe::resolve
