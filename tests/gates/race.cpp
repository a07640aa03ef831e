// ThreadSanitizer must see two threads write one variable.
#include <thread>

int main()
{
    int written = 0;
    std::thread other([&written] { written = 1; });
    written = 2;
    other.join();
    return 0;
}
