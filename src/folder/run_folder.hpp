#ifndef REELPIPE_FOLDER_RUN_FOLDER_HPP
#define REELPIPE_FOLDER_RUN_FOLDER_HPP

#include <filesystem>
#include <string>
#include <vector>

#include "ledger/database.hpp"
#include "stages/store/output_file.hpp"

namespace reelpipe {

// Where a run has what, if it does not have its output folder alone: see output_options.
struct shared_output {
    std::filesystem::path state{}, unfinished{};
};

// The output folder, held by one run at a time, and what reelpipe keeps in it beside the clips: `.reelpipe/`. Several
// runs may share an output; then each holds a folder elsewhere in place of `.reelpipe/`.
class run_folder {
public:
    // Makes what is missing, takes the lock, clears what a killed run left and finds out what the file system offers.
    // Throws usage_error: the folder cannot be written, another run holds it, something of its own in it is a link, or
    // its file system lacks what a run needs; std::system_error: the disk is full.
    explicit run_folder(std::filesystem::path output, const shared_output& = {});
    run_folder(const run_folder&) = delete;
    run_folder& operator=(const run_folder&) = delete;
    ~run_folder();

    // The run has begun: what was made is for good. Without this it goes again, as if nobody had asked for it.
    void keep() { made_.clear(); }

    const std::filesystem::path& output() const { return output_; }
    store::way_to_name way_to_name() const { return way_; }
    std::filesystem::path temporary() const { return own_ / "tmp"; }
    const std::filesystem::path& unfinished() const { return unfinished_; }  // clips, on the file system of the output
    // Files under a clip's name that were no clip
    std::filesystem::path rejected() const { return output_ / ".reelpipe" / "rejected"; }
    std::filesystem::path ledger() const { return own_ / "ledger.sqlite"; }

    // The ledger holds URLs, cookies and headers that are its owner's alone. SQLite gives its companions the same mode.
    // Throws usage_error where one of them is a link.
    void keep_ledger_to_owner() const;

    // What a superuser is told who works in the folder of somebody else, and empty for everybody else.
    std::string warning_about_owner() const;

private:
    void make_folders();
    int open_own_folder(int parent, const std::filesystem::path&) const;
    void take_lock();
    void find_way_to_name();
    void give_up() noexcept;

    std::filesystem::path output_, own_, unfinished_;
    std::vector<std::filesystem::path> made_;  // folders that were not there before, outer ones first
    int folder_ = -1;                          // own_, so that what is opened in it cannot be elsewhere
    int lock_ = -1;
    store::way_to_name way_{};
};

// An output folder that is read: no run begins in it meanwhile, and nothing in it is changed.
class read_only_folder {
public:
    // Throws usage_error: a run is at work in the folder.
    explicit read_only_folder(std::filesystem::path output);
    read_only_folder(const read_only_folder&) = delete;
    read_only_folder& operator=(const read_only_folder&) = delete;
    ~read_only_folder();

    const std::filesystem::path& output() const { return output_; }
    const std::filesystem::path& own() const { return own_; }
    std::filesystem::path ledger() const { return own_ / "ledger.sqlite"; }

private:
    std::filesystem::path output_, own_;
    int lock_ = -1;
};

// Opens the folder's ledger; one that is damaged is moved aside (`set_aside` says where, empty: it was fine) and begun
// anew, because the clips on disk tell what was done.
database open_ledger(const run_folder&, std::filesystem::path& set_aside);

}  // namespace reelpipe

#endif
