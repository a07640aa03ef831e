#ifndef REELPIPE_CLIP_MARKS_HPP
#define REELPIPE_CLIP_MARKS_HPP

#include <compare>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <reelpipe/clip.hpp>

namespace reelpipe {

// The clips of an output folder that somebody marked as bad: the file marks.csv in the folder, an annotation list that
// `--exclude` reads. A mark is of a segment, under whatever labels its clips are.
//
// Every change replaces the file by a whole one. Others may change it, too: what is in it counts, and lines that are no
// marks stay.
// Threads: one at a time.
class clip_marks {
public:
    static constexpr const char* file_name = "marks.csv";
    static constexpr std::size_t max_note_bytes = 2000;

    struct mark {
        clip_request clip{};  // its label is that under which it was looked at
        std::string note{};
        std::string at{};  // UTC, "2025-11-25 07:30:00"
    };

    explicit clip_marks(const std::filesystem::path& folder);

    // Throws usage_error, as all of these: the file is not a list of marks, or cannot be read or written.
    std::optional<mark> find(const clip_request&);
    std::optional<mark> after(const std::optional<clip_request>&);  // in the order of video, start, end
    std::size_t size();

    // Marks the clip, or changes its note, in which spaces stand for control characters. Throws also for a note that is
    // too long, and for an id that no line can hold.
    void add(const clip_request&, std::string_view note);
    void remove(const clip_request&);

private:
    struct segment_of_video {
        std::string video{};
        segment wanted{};
        auto operator<=>(const segment_of_video&) const = default;
    };

    std::string content() const;
    void look();
    void rewrite(const clip_request& without, const std::string& added);

    std::filesystem::path folder_, file_;
    std::string seen_{};  // the identity of the file as it was read last
    std::map<segment_of_video, mark> marks_{};
};

}  // namespace reelpipe

#endif
