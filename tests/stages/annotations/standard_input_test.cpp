#include <fcntl.h>
#include <unistd.h>

#include "stages/annotations/list_reader.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

namespace {

// Lends a file as standard input.
class standard_input {
public:
    explicit standard_input(const std::filesystem::path& path) : kept_(dup(STDIN_FILENO))
    {
        const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        dup2(file, STDIN_FILENO);
        close(file);
    }
    standard_input(const standard_input&) = delete;
    standard_input& operator=(const standard_input&) = delete;
    ~standard_input()
    {
        dup2(kept_, STDIN_FILENO);
        close(kept_);
    }

private:
    int kept_;
};

}  // namespace

TEST_CASE("a dash reads the list from standard input", "[list_reader]")
{
    const reelpipe::test::temp_folder folder;
    reelpipe::test::write_file(folder / "list", "youtube_id,time_start,time_end\n-abcdefghij,1,2\n");
    const standard_input input(folder / "list");

    reelpipe::annotations::list_reader list("-");
    const auto row = list.next();

    REQUIRE(row);
    CHECK(std::get<reelpipe::clip_request>(row->content).video == "-abcdefghij");
    CHECK_FALSE(list.next());
}
