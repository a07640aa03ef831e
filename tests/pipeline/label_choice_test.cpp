#include "pipeline/label_choice.hpp"

#include "reelpipe/usage_error.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

using reelpipe::label_choice;

TEST_CASE("labels are named one by one, with commas between them, and as patterns", "[label_choice]")
{
    label_choice labels({"archery,air drumming", "playing *", "[xy]oga"});
    for (const char* chosen : {"archery", "air drumming", "playing drums", "playing ", "yoga"}) {
        CAPTURE(chosen);
        CHECK(labels.contains(chosen));
        CHECK(labels.contains(chosen));
    }
    for (const char* other : {"", "air", "Archery", "not playing drums", "zoga", "archery,air drumming,"}) {
        CAPTURE(other);
        CHECK_FALSE(labels.contains(other));
    }
    CHECK(labels.unseen().empty());
}

TEST_CASE("a label with a comma can be named", "[label_choice]")
{
    label_choice quoted({"\"bird chirping, tweeting\",dog barking"});
    CHECK(quoted.contains("bird chirping, tweeting"));
    CHECK(quoted.contains("dog barking"));
    CHECK_FALSE(quoted.contains("tweeting"));

    label_choice plain({"bird chirping, tweeting"});
    CHECK(plain.contains("bird chirping, tweeting"));
    CHECK(plain.unseen().empty());
}

TEST_CASE("labels come from a file, a label a line, and are no patterns there", "[label_choice]")
{
    const reelpipe::test::temp_folder folder;
    reelpipe::test::write_file(folder / "labels", "archery\r\nbird chirping, tweeting\n\nwhat?\n");
    label_choice labels({"@" + (folder / "labels").string()});
    CHECK(labels.contains("archery"));
    CHECK(labels.contains("bird chirping, tweeting"));
    CHECK(labels.contains("what?"));
    CHECK_FALSE(labels.contains("whats"));
    CHECK_FALSE(labels.contains(""));
}

TEST_CASE("labels that no row has are known by name", "[label_choice]")
{
    label_choice labels({"archery,yoga", "a*"});
    CHECK_FALSE(labels.saw_any());
    labels.contains("archery");
    CHECK(labels.saw_any());
    CHECK(labels.unseen() == std::vector<std::string>{"yoga"});
}

TEST_CASE("words that name no label are refused", "[label_choice]")
{
    CHECK_THROWS_AS(label_choice({"@/nonexistent"}), reelpipe::usage_error);
    CHECK_THROWS_AS(label_choice({"\"open"}), reelpipe::usage_error);
    CHECK_THROWS_AS(label_choice({","}), reelpipe::usage_error);
}
