#include "stages/resolve/archives.hpp"

#include <glob.h>

#include <new>
#include <stdexcept>
#include <string_view>

#include "stages/resolve/video_file_name.hpp"

namespace reelpipe::resolve {

namespace {

std::vector<std::filesystem::path> matches_of(const std::string& pattern)
{
    if (std::filesystem::is_regular_file(pattern)) return {pattern};
    glob_t found{};
    const int code = glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
    std::vector<std::filesystem::path> paths;
    if (code == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    globfree(&found);
    if (code == GLOB_NOSPACE) throw std::bad_alloc();
    if (paths.empty()) throw std::invalid_argument("there is no archive " + pattern);
    return paths;
}

std::vector<archives::meaning> meanings_of(const std::string& path)
{
    const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
    std::vector<archives::meaning> all;
    if (name.find('.') == name.npos || name.starts_with('.') || !is_of_video(name)) return all;
    for (const std::string_view id : ids_of(stem_of(name))) all.push_back({std::string(id), {}});
    if (const auto clip = clip_of(name)) all.push_back({std::string(clip->video), clip->holds});
    return all;
}

// One spelling of a member's name.
std::string as_key(const std::string& name) { return std::filesystem::path(name).lexically_normal().string(); }

}  // namespace

archives::archives(const std::string& pattern) : paths_(matches_of(pattern)) {}

archive_reader::place archives::advance()
{
    using enum archive_reader::place;
    meanings_.clear();
    try {
        if (!open_ && next_ == paths_.size()) return end;
        if (!open_) open_next();
        const archive_reader::place at = open_->advance();
        if (at == end)
            leave();
        else if (at == member && is_again_)
            take_target();
        else if (at == member)
            meanings_ = meanings_of(open_->name());
        return meanings_.empty() ? between : member;
    } catch (const archive_error& e) {
        note(e);
        return between;
    }
}

void archives::open_next()
{
    targets_.clear();
    is_again_ = false;
    open_ = std::make_unique<archive_reader>(paths_.at(next_++));
}

// At the end of an archive.
void archives::leave()
{
    const std::filesystem::path& path = paths_.at(next_ - 1);
    open_.reset();
    if (targets_.empty()) return;
    const bool may_find_more = !is_again_ || has_taken_target_;
    if (may_find_more) {
        is_again_ = true;
        has_taken_target_ = false;
        open_ = std::make_unique<archive_reader>(path);
        return;
    }
    for (const auto& [target, links] : targets_)
        note({"archive " + path.string() + ": a wanted member is a link to " + target + ", which is no file in it",
              false});
    targets_.clear();
}

void archives::want_target_of_link() { targets_[as_key(open_->link_target())].push_back(meanings_); }

// Each link takes a pass of its own, as the bytes are read once.
void archives::take_target()
{
    const auto found = targets_.find(as_key(open_->name()));
    if (found == targets_.end() || !open_->link_target().empty()) return;
    meanings_ = std::move(found->second.back());
    found->second.pop_back();
    if (found->second.empty()) targets_.erase(found);
    has_taken_target_ = true;
}

std::string archives::name() const
{
    return next_ == 0 || !open_ ? "" : (paths_.at(next_ - 1) / open_->name()).string();
}

std::optional<std::span<const std::byte>> archives::read()
try {
    return open_->read();
} catch (const archive_error& e) {
    note(e);
    return std::nullopt;
}

void archives::note(const archive_error& fault)
{
    new_faults_.emplace_back(fault.what());
    if (first_fault_.empty()) first_fault_ = fault.what();
    if (fault.fatal) open_.reset();
}

asio::awaitable<resolved_video> archives::resolve(std::string video)
{
    if (!first_fault_.empty()) throw source_error(reason::source_failed, first_fault_);
    throw source_error(reason::gone, "no archive holds what is wanted of video " + video);
    co_return resolved_video();
}

}  // namespace reelpipe::resolve
