#ifndef REELPIPE_ISOLATION_LENT_FILES_HPP
#define REELPIPE_ISOLATION_LENT_FILES_HPP

#include <utility>
#include <vector>

namespace reelpipe::isolation {

// A file descriptor that is closed with its owner.
class owned_descriptor {
public:
    explicit owned_descriptor(int number) noexcept : number_(number) {}  // below 0: none
    owned_descriptor(owned_descriptor&& from) noexcept : number_(std::exchange(from.number_, -1)) {}
    owned_descriptor& operator=(owned_descriptor&&) = delete;
    ~owned_descriptor();

    int number() const { return number_; }

private:
    int number_;
};

// The files of a job as a worker gets them. Each has an open file description of its own, so that no offset is shared,
// and is read-only unless it is the output. Without /proc they share ours.
class lent_files {
public:
    // `output`: one of `ours`; -1 for none. Throws std::system_error.
    lent_files(const std::vector<int>& ours, int output);

    std::vector<int> numbers() const;

private:
    std::vector<owned_descriptor> files_;
};

// True if nobody else has the file open: no other open file description of it is left. False also where that cannot be
// known: on file systems without leases, and without /proc, where a worker was lent our own description.
bool is_let_go(int output);

}  // namespace reelpipe::isolation

#endif
