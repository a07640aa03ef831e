#ifndef REELPIPE_EXPORT_HPP
#define REELPIPE_EXPORT_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <reelpipe/message.hpp>

namespace reelpipe {

// What a trainer's loader expects of folders, names and lists. docs/training.md shows each.
enum class export_layout : std::uint8_t {
    activitynet,  // <label>/<clip id>.mp4
    torchvision,  // <split>/<label without spaces and punctuation>/…
    mmaction2,    // videos_<split>/<label without spaces>/…, and <split>_list_videos.txt
    slowfast,     // <split>/<label without spaces>/…, and <split>.csv
    fiftyone,     // <train|validation|test>/<label>/…
    flat,         // <split>/<clip id>.mp4, and annotations/<split>.csv
    webdataset,   // <split>-000000.tar, …: <key>.mp4 and <key>.json of each clip
};

struct export_options {
    std::filesystem::path folder{};  // that a download was given
    export_layout layout = export_layout::activitynet;
    std::filesystem::path output{};      // another folder, not below that one; made if need be
    std::vector<std::string> exclude{};  // lists of clips or ids that are left out, as download_options has them
    std::string default_split{};         // of clips for which the ledger has none
    std::filesystem::path label_map{};   // a file with a label a line, that of index 0 first; empty: labels.json of an
                                         // earlier export into `output`, or else the sorted labels of the folder
    std::size_t shard_clips = 1000;      // a shard is full with so many clips
    std::uint64_t shard_bytes = 1'000'000'000;  // or with so many bytes

    // Called on the thread of the export; must not throw.
    std::function<void(severity, const std::string&)> on_message{};
};

struct export_summary {
    std::uint64_t clips = 0;     // that the ledger knows as stored and nobody excludes
    std::uint64_t excluded = 0;  // others that it knows as stored
    std::uint64_t linked = 0;    // of these: got a second name
    std::uint64_t copied = 0;    // were copied, because a file system makes no links there
    std::uint64_t packed = 0;    // are in shards that this export made
    std::uint64_t present = 0;   // were in the output before
    std::uint64_t missing = 0;   // have no file as the ledger describes it
    std::uint64_t foreign = 0;   // have another file under their name in the output, which stays as it is
    std::uint64_t shards = 0;    // made

    bool is_complete() const { return missing + foreign == 0; }
};

// Gives the clips of a folder other names in another one, or packs them, and writes the lists and the label map
// (labels.json) that go with the layout. A download may be at work in the folder; its later clips need another export.
//
// Nothing in the output that has other content is replaced, and nothing stands half written under its name. After a
// kill, or after more clips came, the same export goes on: clips that are there stay, lists are replaced by longer
// ones, shards are added. Label indices never change in an output.
//
// Throws usage_error: there is no ledger, the output is unsuitable, another export is at work there, a label has no
// index, a split is needed and unknown, or a list of `exclude` cannot be read; std::system_error: the disk. Blocks.
// Threads: any.
export_summary export_folder(const export_options&);

// Throws usage_error if `output` is `folder`, or in it: there, an export would be among the clips.
void check_export_output(const std::filesystem::path& folder, const std::filesystem::path& output);

}  // namespace reelpipe

#endif
