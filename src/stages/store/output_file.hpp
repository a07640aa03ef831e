#ifndef REELPIPE_STAGES_STORE_OUTPUT_FILE_HPP
#define REELPIPE_STAGES_STORE_OUTPUT_FILE_HPP

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace reelpipe::store {

// Size and time of a stored file when it was verified. A file with the same stamp was not touched since.
struct file_signature {
    std::uint64_t bytes = 0;
    std::int64_t modified_ns = 0;

    bool operator==(const file_signature&) const = default;
};

// The prefix of names that a killed process may leave in the folder of unfinished files.
inline constexpr std::string_view leftover_prefix = "clip-";

// How a file that is whole gets its final name. Each way gives it at once or not at all, and replaces nothing.
enum class way_to_name : std::uint8_t {
    link_by_proc,        // link(2) of the descriptor's entry in /proc
    link_by_descriptor,  // link(2) of the descriptor itself, which takes a right of the superuser before Linux 6.10
    move,                // the file has another name before: where there are no hard links, no such files, or no /proc
};

// The first way that works from `folder` into `other`, both on the file system of the clips; found by trying. No other
// process uses the folders meanwhile. Throws std::system_error where none does.
way_to_name find_way_to_name(const std::filesystem::path& folder, const std::filesystem::path& other);

// A clip that is being made: a file without a name in the output's file system, so that a killed process leaves
// nothing.
//
// Where such a file cannot be had, or not be named, it has a name in `folder` until it is placed or dropped;
// remove_leftovers() at the next start finds what a kill left there.
// Threads: one at a time. Owns its descriptor.
class output_file {
public:
    // `folder` exists and is on the file system of the final place. Throws std::system_error.
    explicit output_file(const std::filesystem::path& folder, way_to_name = way_to_name::link_by_proc);
    output_file(output_file&&) noexcept;
    output_file& operator=(output_file&&) noexcept;
    ~output_file();

    int descriptor() const { return descriptor_; }

    // Fills the empty file with the content of another one, whose blocks it shares where the file system can do that.
    // Throws std::system_error.
    void copy_from(int source);

    // Appends to the content. Throws std::system_error.
    void write(std::string_view);

    // Makes the content durable and gives it its final name, whose folder is made if need be. The name is not synced:
    // that would cost several times what the content does, and all that a power cut can take is the name of a whole
    // clip of the last seconds; make_names_durable() is for the end of a run. Returns what the file is under its name.
    // The first writer of a name wins and nothing is ever overwritten: what has the name already stays as it is,
    // nothing is returned, and this file may be placed once more. Throws std::system_error; then it still has no final
    // name. A link in place of the folder is such an error.
    std::optional<file_signature> place(const std::filesystem::path& final_name);

private:
    bool take_name(const std::filesystem::path& final_name);
    void close() noexcept;

    int descriptor_ = -1;
    way_to_name way_;
    std::filesystem::path temporary_name_;  // empty: nameless
};

// Gives the content of a stored clip a second name: a hard link, or, where the file system makes none (of this file, or
// at all), a copy that is made in `folder` first. Otherwise as output_file::place().
std::optional<file_signature> place_again(const std::filesystem::path& stored, const std::filesystem::path& final_name,
                                          const std::filesystem::path& folder, way_to_name = way_to_name::link_by_proc);

// After this, a power cut takes no name away that was given in `folder`, or in folders below it. Throws
// std::system_error.
void make_names_durable(const std::filesystem::path& folder);

// Nothing is there: bytes and time are 0. Throws std::system_error for anything but "no such file".
file_signature signature_of(const std::filesystem::path&);

// A folder in which many names are looked up: the way to it is walked once. Throws std::system_error.
class signature_reader {
public:
    explicit signature_reader(const std::filesystem::path& folder);
    signature_reader(const signature_reader&) = delete;
    signature_reader& operator=(const signature_reader&) = delete;
    ~signature_reader();

    // As the other one; the name may have folders in it.
    file_signature signature_of(const std::string& name) const;

private:
    int descriptor_;
};

// Removes what a process that was killed left in `folder`.
void remove_leftovers(const std::filesystem::path& folder);

// Moves a file that is no good out of the way, into `folder` under a name that is not taken yet; returns that name.
// Neither the folder of the file nor `folder` may be a link. Throws std::system_error.
std::filesystem::path quarantine(const std::filesystem::path& file, const std::filesystem::path& folder);

// The same for a file that was judged when it was like this. Nothing: by now, another one has the name, and keeps it.
std::optional<std::filesystem::path> quarantine(const std::filesystem::path& file, const std::filesystem::path& folder,
                                                const file_signature& judged);

}  // namespace reelpipe::store

#endif
