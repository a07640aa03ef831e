#include <reelpipe/plan.hpp>

#include <iostream>

int main(int, char** arguments)
{
    reelpipe::download_options options;
    options.wanted.lists = {arguments[1]};
    std::cout << "clips: " << reelpipe::plan(options).clips << '\n';
}
