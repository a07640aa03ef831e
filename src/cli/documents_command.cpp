#include "cli/documents_command.hpp"

#include <cerrno>
#include <exception>
#include <fstream>
#include <system_error>

#include "cli/command_words.hpp"
#include "cli/completions.hpp"
#include "cli/download_command.hpp"
#include "cli/man_page.hpp"
#include "cli/printing.hpp"

namespace reelpipe::cli {

namespace {

namespace fs = std::filesystem;

void write_document(const fs::path& path, const std::string& text)
{
    fs::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (!file) throw std::system_error(errno, std::generic_category(), "write " + path.string());
}

}  // namespace

CLI::App* add_documents(CLI::App& program, documents_arguments& arguments)
{
    CLI::App* const command = program.add_subcommand("documents", "Write man pages and completions for packages");
    command->group("");
    command->add_option("DIR", arguments.folder, "where they go, laid out as /usr/share")->required();
    command->add_option("--date", arguments.date, "date of the man pages")->required()->option_text("YYYY-MM-DD");
    return command;
}

int run_documents(const CLI::App& program, const std::string& version, const documents_arguments& arguments)
try {
    const fs::path pages = arguments.folder / "man/man1";
    write_document(pages / "reelpipe.1", man_page(program, nullptr, version, arguments.date));
    for (const CLI::App* const each : all_commands_of(program))
        write_document(pages / (page_name(*each) + ".1"), man_page(program, each, version, arguments.date));
    write_document(arguments.folder / "bash-completion/completions/reelpipe", bash_completion(program));
    write_document(arguments.folder / "zsh/vendor-completions/_reelpipe", zsh_completion(program));
    write_document(arguments.folder / "fish/vendor_completions.d/reelpipe.fish", fish_completion(program));
    return exit_status::all_stored;
} catch (const std::exception& e) {
    print_error(e.what());
    return exit_status::usage;
}

}  // namespace reelpipe::cli
