// SPDX-License-Identifier: Apache-2.0
#include "cas/shelf.h"

#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

// What somebody or something did to a stored object.
struct Tampering {
  const char* name;
  void (*apply)(const std::filesystem::path& object, const std::filesystem::path& outside);
  bool bytes_are_right;
};

class TamperedObjectTest : public StoreTest, public testing::WithParamInterface<Tampering> {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    digest = put(text);
    EXPECT_EQ(get(digest), text);  // so that it is kept open
    write_text(outside(), text);
    auto stored = open_existing(object(digest), Access::read);
    ASSERT_TRUE(stored);
    tamper();
    // The file system's clock moves in ticks: a change within the tick of the publication would not show.
    for (auto now = open_existing(object(digest), Access::read);
         now && now->found == Found::plain && now->stamp == stored->stamp;
         now = open_existing(object(digest), Access::read))
      tamper();
  }
  void tamper() { GetParam().apply(object(digest), outside()); }
  std::filesystem::path outside() const { return folder.path() / "outside"; }

  std::string text = "the right text";
  Sha256 digest;
};

TEST_P(TamperedObjectTest, is_not_served) {
  EXPECT_EQ(get(digest), "(absent)");
  EXPECT_FALSE(store->has(digest));
  EXPECT_EQ(get(digest), "(absent)") << "and not the second time";
}

TEST_P(TamperedObjectTest, is_not_served_after_a_restart) {
  reopen();
  EXPECT_EQ(get(digest), "(absent)");
  reopen_after_kill();
  EXPECT_EQ(get(digest), "(absent)");
}

TEST_P(TamperedObjectTest, is_trusted_again_only_if_its_bytes_are_right) {
  EXPECT_EQ(get(digest), "(absent)");
  auto verified = store->verify(digest);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(*verified, GetParam().bytes_are_right ? Verdict::right : Verdict::wrong);
  EXPECT_EQ(get(digest), GetParam().bytes_are_right ? text : "(absent)");
  EXPECT_EQ(files_in(root / "quarantine"), GetParam().bytes_are_right ? 0U : 1U);
}

// The next fetch takes its bytes up as a partial blob, and ends with the right ones whatever they were.
TEST_P(TamperedObjectTest, is_taken_up_by_the_next_fetch) {
  EXPECT_EQ(get(digest), "(absent)");
  for (int attempt = 0; attempt < 2 && !store->has(digest); ++attempt) {
    auto partial = store->open_partial(digest, text.size());
    ASSERT_TRUE(partial) << partial.error().message;
    EXPECT_TRUE(!GetParam().bytes_are_right || (*partial)->readable() == text.size()) << "nothing is to be fetched";
    ASSERT_TRUE((*partial)->append(std::string_view(text).substr((*partial)->readable())));
    auto committed = (*partial)->commit();
    EXPECT_EQ(committed.has_value(), store->has(digest));
  }
  EXPECT_EQ(get(digest), text);
  EXPECT_EQ(mode_of(object(digest)), 0400U);
}

// Another client brings the same bytes by another way (a small file).
TEST_P(TamperedObjectTest, makes_room_for_right_bytes) {
  EXPECT_EQ(get(digest), "(absent)");
  put(text);
  EXPECT_EQ(get(digest), text);
}

TEST_P(TamperedObjectTest, harms_nothing_outside) {
  EXPECT_EQ(get(digest), "(absent)");
  put(text);
  EXPECT_EQ(text_of(outside()), text);
  EXPECT_EQ(mode_of(outside()), 0600U);
}

INSTANTIATE_TEST_SUITE_P(
    , TamperedObjectTest,
    testing::Values(Tampering{"truncated", [](auto& object, auto&) { std::filesystem::resize_file(object, 5); }, false},
                    Tampering{"emptied", [](auto& object, auto&) { std::filesystem::resize_file(object, 0); }, false},
                    Tampering{"longer", [](auto& object, auto&) { std::filesystem::resize_file(object, 100); }, false},
                    Tampering{"damaged", [](auto& object, auto&) { damage_keeping_size_and_mtime(object); }, false},
                    Tampering{"touched", [](auto& object, auto&) { ::utimensat(AT_FDCWD, object.c_str(), nullptr, 0); },
                              true},
                    Tampering{"replaced_by_a_copy",
                              [](auto& object, auto& outside) {
                                std::filesystem::copy(outside, object,
                                                      std::filesystem::copy_options::overwrite_existing);
                              },
                              true},
                    Tampering{"a_link",
                              [](auto& object, auto& outside) {
                                std::filesystem::remove(object);
                                std::filesystem::create_symlink(outside, object);
                              },
                              false},
                    Tampering{"a_second_name",
                              [](auto& object, auto& outside) {
                                std::filesystem::remove(object);
                                std::filesystem::create_hard_link(outside, object);
                              },
                              false},
                    Tampering{"a_folder",
                              [](auto& object, auto&) {
                                std::filesystem::remove_all(object);
                                std::filesystem::create_directory(object);
                              },
                              false}),
    [](const auto& tampering) { return tampering.param.name; });

class ShelfTest : public StoreTest {};

TEST_F(ShelfTest, answers_absent_for_what_has_gone) {
  auto digest = put("text");
  std::filesystem::remove(object(digest));
  EXPECT_EQ(get(digest), "(absent)");
  EXPECT_TRUE(store->list().empty());
  put("text");
  EXPECT_EQ(get(digest), "text");
}

TEST_F(ShelfTest, verifies_nothing_where_nothing_is) {
  auto verified = store->verify(sha256("x"));
  ASSERT_TRUE(verified);
  EXPECT_EQ(*verified, Verdict::absent);
  EXPECT_EQ(files_in(root / "quarantine"), 0U);
}

TEST_F(ShelfTest, verification_can_be_stopped) {
  auto digest = put("text");
  auto verified = store->verify(digest, [](size_t) { return false; });
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, ErrorCode::cancelled);
  EXPECT_EQ(get(digest), "text") << "and changes nothing";
}

// Rot that changes no time stamp is found by hashing alone.
TEST_F(ShelfTest, verification_finds_silent_rot) {
  auto digest = put("text");
  {
    // Memory says that the rotten file is the one that was published.
    damage_keeping_size_and_mtime(object(digest));
    auto rotten = open_existing(object(digest), Access::read);
    ASSERT_TRUE(rotten);
    store.reset();
    auto index = BlobIndex::open(root / "index.db");
    ASSERT_TRUE(index && index->write({{digest, Entry{rotten->stamp, {}, Verification::verified}}}));
  }
  reopen();
  EXPECT_EQ(get(digest), "#ext");
  auto verified = store->verify(digest);
  ASSERT_TRUE(verified);
  EXPECT_EQ(*verified, Verdict::wrong);
  EXPECT_EQ(get(digest), "(absent)");
  EXPECT_EQ(files_in(root / "quarantine"), 1U);
}

TEST_F(ShelfTest, stores_nothing_through_a_linked_folder) {
  auto digest = sha256("text");
  std::filesystem::create_directory(folder.path() / "outside");
  std::filesystem::create_directory_symlink(folder.path() / "outside", root / "objects" / digest.hex().substr(0, 2));
  auto blob = store->create_unnamed();
  ASSERT_TRUE(blob && (*blob)->append("text"));
  EXPECT_TRUE((*blob)->commit());
  EXPECT_EQ(files_in(folder.path() / "outside"), 0U);
  EXPECT_EQ(get(digest), "text");
}

TEST_F(ShelfTest, touches_nothing_behind_a_linked_folder) {
  auto digest = put("text");
  auto inner = object(digest).parent_path();
  std::filesystem::rename(inner, folder.path() / "outside");
  std::filesystem::create_directory_symlink(folder.path() / "outside", inner);
  EXPECT_EQ(store->verify(digest).value(), Verdict::absent);
  EXPECT_EQ(get(digest), "(absent)");
  EXPECT_EQ(store->discard(digest).value(), std::nullopt);
  EXPECT_EQ(files_in(folder.path() / "outside"), 1U);
}

TEST_F(ShelfTest, an_object_replaces_a_shorter_partial_blob) {
  auto digest = put("text");
  write_text(partial(digest), "te");
  ASSERT_EQ(::chmod(object(digest).c_str(), 0440), 0);
  store.reset();
  std::filesystem::remove(root / "index.db");
  reopen();
  auto blob = store->open_partial(digest, 4);
  ASSERT_TRUE(blob);
  EXPECT_EQ((*blob)->readable(), 4U);
  EXPECT_TRUE((*blob)->commit());
  EXPECT_EQ(get(digest), "text");
}

}  // namespace
}  // namespace weir::cas
