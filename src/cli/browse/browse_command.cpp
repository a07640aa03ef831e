#include "cli/browse/browse_command.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <system_error>
#include <utility>

#include "reelpipe/usage_error.hpp"

#include "cli/browse/browse_server.hpp"
#include "cli/download_command.hpp"
#include "cli/printing.hpp"

namespace reelpipe::cli {

CLI::App* add_browse(CLI::App& program, browse_arguments& arguments)
{
    CLI::App* const command = program.add_subcommand("browse", "Look at the clips of a folder in a web browser");
    command->footer(
        "Shows a folder of `reelpipe download -o DIR`, even during a run, until ^C.\n\n"
        "Clips can be marked as bad, with a note. The marks are in DIR/marks.csv, a list\n"
        "for `reelpipe download --exclude` and `reelpipe export --exclude`. Nothing else\n"
        "in DIR is changed.");
    command->add_option("DIR", arguments.folder, "the output folder")->required();
    command
        ->add_option("--listen", arguments.listen.address,
                     "address and port to serve on; port 0 takes a free one, which the first message names")
        ->capture_default_str()
        ->option_text("HOST:PORT");
    command
        ->add_option("--listen-token", arguments.listen.token_file,
                     "file with a token that clients have to send; needed where other machines can reach the address")
        ->option_text("FILE");
    return command;
}

int run_browse(const browse_arguments& arguments)
try {
    serve_door door(arguments.listen);
    const std::string url = door.url();
    browse_server server(std::move(door), arguments.folder);
    print(stderr, fmt::format("note: the clips are shown on {} until ^C\n", url));
    server.run();
    return exit_status::all_stored;
} catch (const std::system_error& e) {
    print_error(fmt::format("--listen {}: {}; choose another port", arguments.listen.address, e.code().message()));
    return exit_status::usage;
} catch (const std::exception& e) {
    print_error(e.what());
    return exit_status::usage;
}

}  // namespace reelpipe::cli
