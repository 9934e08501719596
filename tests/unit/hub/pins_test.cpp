// SPDX-License-Identifier: Apache-2.0
#include "hub/pins.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "base/database.h"
#include "hub/catalog.h"

namespace weir::hub {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string kOld(40, 'a');
const std::string kNew(40, 'b');

struct Spelling {
  const char* text;
  Pin pin;
};

class PinSpellingTest : public testing::TestWithParam<Spelling> {};

TEST_P(PinSpellingTest, is_read_and_written) {
  auto pin = parse_pin(GetParam().text);
  ASSERT_TRUE(pin) << pin.error().message;
  EXPECT_EQ(*pin, GetParam().pin);
  EXPECT_EQ(parse_pin(pin->text()), pin);
}

INSTANTIATE_TEST_SUITE_P(, PinSpellingTest,
                         testing::Values(Spelling{"org/model", {RepoType::model, "org/model", ""}},
                                         Spelling{"gpt2", {RepoType::model, "gpt2", ""}},
                                         Spelling{"models/org/model", {RepoType::model, "org/model", ""}},
                                         Spelling{"org/model@main", {RepoType::model, "org/model", "main"}},
                                         Spelling{"datasets/org/name@refs/pr/1",
                                                  {RepoType::dataset, "org/name", "refs/pr/1"}},
                                         Spelling{"datasets/squad", {RepoType::dataset, "squad", ""}},
                                         Spelling{"spaces/org/name@v1@x", {RepoType::space, "org/name", "v1@x"}}));

TEST(ParsePinTest, refuses_what_is_no_repository) {
  for (auto text : {"", "@main", "org/", "/model", "a/b/c", "org/model@", "org/mo del", "org/..", "org/model@a b",
                    "org/model\nx/y", "org/model@a\nx/y", "datasets/"}) {
    auto pin = parse_pin(text);
    ASSERT_FALSE(pin) << text;
    EXPECT_EQ(pin.error().code, ErrorCode::invalid);
    EXPECT_THAT(pin.error().message, HasSubstr("datasets/org/name"));
  }
}

class PinsTest : public testing::Test {
 protected:
  PinsTest() {
    std::string name = (fs::temp_directory_path() / "weir-pins-XXXXXX").string();
    if (!::mkdtemp(name.data())) std::abort();
    folder = name;
    catalog = Catalog::open(folder / "catalog.db").value();
  }
  ~PinsTest() override {
    catalog.reset();
    fs::remove_all(folder);
  }
  static Sha256 digest(uint8_t byte) {
    Sha256 digest;
    digest.bytes.fill(byte);
    return digest;
  }
  void learn(RepoType type, const std::string& repo, const std::string& revision, const std::string& commit,
             uint8_t byte) {
    RepoFile file{type, repo, revision, std::to_string(byte)};
    catalog->learn(NamedFile{file, commit, {digest(byte), byte}});
  }
  std::vector<std::string> texts() {
    std::vector<std::string> texts;
    auto pins = catalog->pins().list();
    EXPECT_TRUE(pins);
    for (const auto& pin : *pins) texts.push_back(pin.text());
    return texts;
  }
  bool rename_table(const std::string& from, const std::string& to) {
    auto database = Database::open(folder / "catalog.db");
    return database && database->execute("ALTER TABLE " + from + " RENAME TO " + to).has_value();
  }
  void pin(const char* text) { ASSERT_EQ(catalog->pins().add(*parse_pin(text)), true); }
  std::unordered_set<Sha256, DigestHash> kept() {
    auto blobs = catalog->pinned_blobs();
    EXPECT_TRUE(blobs);
    return *blobs;
  }

  fs::path folder;
  std::unique_ptr<Catalog> catalog;
};

TEST_F(PinsTest, keep_to_a_file) {
  EXPECT_THAT(texts(), IsEmpty());
  pin("org/model");
  pin("datasets/org/name@main");
  EXPECT_EQ(catalog->pins().add(*parse_pin("models/org/model")), false);
  EXPECT_THAT(texts(), ElementsAre("org/model", "datasets/org/name@main"));
  catalog.reset();
  catalog = Catalog::open(folder / "catalog.db").value();
  EXPECT_THAT(texts(), ElementsAre("org/model", "datasets/org/name@main"));
  EXPECT_EQ(catalog->pins().remove(*parse_pin("org/model@main")), false);
  EXPECT_EQ(catalog->pins().remove(*parse_pin("org/model")), true);
  EXPECT_THAT(texts(), ElementsAre("datasets/org/name@main"));
}

TEST_F(PinsTest, refuse_a_file_that_they_cannot_read) {
  std::ofstream(folder / "pins") << "org/model\nnot a repository\n";
  auto list = catalog->pins().list();
  ASSERT_FALSE(list);
  EXPECT_THAT(list.error().message, AllOf(HasSubstr((folder / "pins").string()), HasSubstr("line 2"),
                                          HasSubstr("correct the file or move it away")));
  EXPECT_FALSE(catalog->pinned_blobs());
}

TEST_F(PinsTest, refuse_what_is_no_regular_file) {
  ASSERT_EQ(::mkfifo((folder / "pins").c_str(), 0600), 0);
  EXPECT_FALSE(catalog->pinned_blobs());
}

TEST_F(PinsTest, read_a_file_that_was_edited_elsewhere) {
  std::ofstream(folder / "pins") << "org/model\r\ndatasets/org/name@main\r\norg/last";
  EXPECT_THAT(texts(), ElementsAre("org/last", "org/model", "datasets/org/name@main"));
}

TEST_F(PinsTest, keep_the_files_of_a_repository_and_those_that_come_later) {
  learn(RepoType::model, "org/model", "main", kNew, 1);
  learn(RepoType::model, "org/other", "main", kNew, 2);
  learn(RepoType::dataset, "org/model", "main", kNew, 3);
  EXPECT_THAT(kept(), IsEmpty());
  pin("org/model");
  EXPECT_THAT(kept(), UnorderedElementsAre(digest(1)));
  learn(RepoType::model, "org/model", kOld, kOld, 4);
  EXPECT_THAT(kept(), UnorderedElementsAre(digest(1), digest(4)));
}

// A disk that is full takes no names, and is when something has to go.
TEST_F(PinsTest, keep_what_could_not_be_written) {
  learn(RepoType::model, "org/model", "main", kNew, 1);
  catalog->flush();
  ASSERT_TRUE(rename_table("names", "hidden"));
  learn(RepoType::model, "org/model", "main", kNew, 2);
  learn(RepoType::model, "org/other", "main", kNew, 3);
  catalog->flush();
  ASSERT_TRUE(rename_table("hidden", "names"));
  EXPECT_THAT(kept(), IsEmpty());
  pin("org/model");
  EXPECT_THAT(kept(), UnorderedElementsAre(digest(1), digest(2), digest(3))) << "whose they are is not looked at";
  learn(RepoType::model, "org/model", "main", kNew, 2);
  learn(RepoType::model, "org/other", "main", kNew, 3);
  EXPECT_THAT(kept(), UnorderedElementsAre(digest(1), digest(2)));
  catalog.reset();
  catalog = Catalog::open(folder / "catalog.db").value();
  EXPECT_THAT(kept(), UnorderedElementsAre(digest(1), digest(2)));
}

TEST_F(PinsTest, know_a_revision_by_its_name_and_by_its_commit) {
  learn(RepoType::model, "org/model", "main", kNew, 1);
  learn(RepoType::model, "org/model", kNew, kNew, 2);
  learn(RepoType::model, "org/model", "v2", kNew, 3);
  learn(RepoType::model, "org/model", kOld, kOld, 4);
  pin("org/model@main");
  EXPECT_THAT(kept(), UnorderedElementsAre(digest(1), digest(2), digest(3)));
  EXPECT_EQ(catalog->pins().remove(*parse_pin("org/model@main")), true);
  catalog->pins().add(*parse_pin("org/model@" + kOld));
  EXPECT_THAT(kept(), UnorderedElementsAre(digest(4)));
}

// Clients ask what main is, and then for the files of that commit alone.
TEST_F(PinsTest, know_what_the_hub_said_that_a_revision_is) {
  learn(RepoType::model, "org/model", kOld, kOld, 1);
  learn(RepoType::model, "org/model", kNew, kNew, 2);
  pin("org/model@main");
  EXPECT_THAT(kept(), IsEmpty());
  catalog->learn(NamedRevision{RepoType::model, "org/model", "main", kOld});
  EXPECT_THAT(kept(), UnorderedElementsAre(digest(1)));
  catalog->learn(NamedRevision{RepoType::model, "org/model", "main", kNew});
  EXPECT_THAT(kept(), UnorderedElementsAre(digest(2)));
}

TEST_F(PinsTest, lose_nothing_when_two_change_them) {
  auto add = [&](int first) {
    for (int i = first; i < first + 20; ++i) catalog->pins().add({RepoType::model, "org/" + std::to_string(i), ""});
  };
  std::thread other([&] { add(100); });
  add(200);
  other.join();
  EXPECT_EQ(texts().size(), 40U);
}

}  // namespace
}  // namespace weir::hub
