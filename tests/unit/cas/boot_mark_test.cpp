// SPDX-License-Identifier: Apache-2.0
#include "cas/boot_mark.h"

#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

class BootMarkTest : public StoreTest {
 protected:
  std::shared_ptr<PartialBlob> open() {
    auto blob = store->open_partial(sha256(text), text.size());
    EXPECT_TRUE(blob) << blob.error().message;
    return *blob;
  }
  // The next owner finds the mark of another run of the kernel; the last one did not end well, and had `blob` open.
  void lose_power(std::shared_ptr<PartialBlob> blob) {
    auto copy = folder.path() / "as it was";
    std::filesystem::copy(root, copy, std::filesystem::copy_options::recursive);
    blob.reset();
    store.reset();
    std::filesystem::remove_all(root);
    std::filesystem::rename(copy, root);
    write_text(root / "boot", "another\n");
    reopen();
  }

  std::string text = std::string(1000, 'a') + std::string(1000, 'b');
};

TEST_F(BootMarkTest, is_there_while_the_store_is_open) {
  EXPECT_TRUE(is_there(root / "boot"));
  store.reset();
  EXPECT_FALSE(is_there(root / "boot"));
}

TEST_F(BootMarkTest, a_kill_costs_nothing) {
  ASSERT_TRUE(open()->write(0, std::string_view(text).substr(0, 700), Trust::trusted));
  auto mark = text_of(root / "boot");
  store.reset();
  write_text(root / "boot", mark);
  reopen();
  EXPECT_EQ(open()->readable(), 700U);
}

TEST_F(BootMarkTest, a_power_failure_costs_what_was_not_synced) {
  auto blob = open();
  ASSERT_TRUE(blob->write(1000, std::string_view(text).substr(1000, 500), Trust::trusted));
  ASSERT_TRUE(blob->checkpoint());
  ASSERT_TRUE(blob->write(0, std::string_view(text).substr(0, 300), Trust::trusted));
  ASSERT_TRUE(blob->save_map());
  lose_power(std::move(blob));
  blob = open();
  EXPECT_EQ(blob->readable_ranges(), (std::vector<ByteRange>{{1000, 1500}}));
  for (auto gap : blob->missing({0, text.size()}))
    ASSERT_TRUE(blob->write(gap.begin, std::string_view(text).substr(gap.begin, gap.size()), Trust::trusted));
  EXPECT_TRUE(blob->commit());
  EXPECT_EQ(files_in(root / "partial"), 0U);
}

TEST_F(BootMarkTest, a_checkpoint_is_due_when_much_has_come) {
  constexpr uint64_t kPart = kCheckpointBytes / 16;
  auto blob = *store->open_partial(sha256("a large one"), 2 * kCheckpointBytes);
  std::string part(kPart, 'p');
  for (uint64_t n = 0; n < 16; ++n) {
    EXPECT_FALSE(blob->is_checkpoint_due());
    ASSERT_TRUE(blob->write(kCheckpointBytes + n * kPart, part, Trust::untrusted));
  }
  EXPECT_TRUE(blob->is_checkpoint_due());
  ASSERT_TRUE(blob->checkpoint());
  EXPECT_FALSE(blob->is_checkpoint_due());
}

TEST_F(BootMarkTest, a_power_failure_costs_all_of_what_has_no_checkpoint) {
  auto blob = open();
  ASSERT_TRUE(blob->write(0, std::string_view(text).substr(0, 700), Trust::trusted));
  lose_power(std::move(blob));
  EXPECT_EQ(files_in(root / "partial"), 0U);
  EXPECT_EQ(open()->readable(), 0U);
}

TEST_F(BootMarkTest, after_a_good_end_another_run_of_the_kernel_believes_all) {
  ASSERT_TRUE(open()->write(0, std::string_view(text).substr(0, 700), Trust::trusted));
  store.reset();
  reopen();
  EXPECT_EQ(open()->readable(), 700U);
}

struct Intruder {
  const char* name;
  void (*put)(const std::filesystem::path&);
};

class UnusableMarkTest : public BootMarkTest, public testing::WithParamInterface<Intruder> {};

TEST_P(UnusableMarkTest, is_the_mark_of_another_run) {
  ASSERT_TRUE(open()->write(0, std::string_view(text).substr(0, 700), Trust::trusted));
  store.reset();
  GetParam().put(root / "boot");
  reopen();
  EXPECT_EQ(open()->readable(), 0U);
  EXPECT_TRUE(is_plain_file(root / "boot"));
}

INSTANTIATE_TEST_SUITE_P(
    , UnusableMarkTest,
    testing::Values(
        Intruder{"too_long", [](const std::filesystem::path& path) { write_text(path, std::string(1000, 'x')); }},
        Intruder{"a_folder", [](const std::filesystem::path& path) { std::filesystem::create_directory(path); }},
        Intruder{"a_link", [](const std::filesystem::path& path) { std::filesystem::create_symlink("/absent", path); }},
        Intruder{"a_pipe", [](const std::filesystem::path& path) { ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0); }}),
    [](const auto& intruder) { return intruder.param.name; });

TEST_F(BootMarkTest, an_object_that_was_taken_up_again_is_not_lost) {
  auto digest = put(text);
  ::utimensat(AT_FDCWD, object(digest).c_str(), nullptr, 0);
  while (get(digest) != "(absent)") ::utimensat(AT_FDCWD, object(digest).c_str(), nullptr, 0);
  auto blob = open();
  lose_power(std::move(blob));
  EXPECT_TRUE(open()->complete());
}

}  // namespace
}  // namespace weir::cas
