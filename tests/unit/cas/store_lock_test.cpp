// SPDX-License-Identifier: Apache-2.0
#include "cas/store_lock.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include "tests/unit/cas/test_folder.h"

namespace weir::cas {
namespace {

using testing::HasSubstr;

struct NoteCase {
  const char* text;
  LockNote note;
};

class LockNoteTest : public testing::TestWithParam<NoteCase> {};

TEST_P(LockNoteTest, is_read) {
  EXPECT_EQ(parse_lock_note(GetParam().text), GetParam().note);
}

INSTANTIATE_TEST_SUITE_P(, LockNoteTest,
                         testing::Values(NoteCase{"", {}}, NoteCase{"pid 12\n", {12, ""}},
                                         NoteCase{"pid 12\naddress 127.0.0.1:9347\n", {12, "127.0.0.1:9347"}},
                                         NoteCase{"pid 12", {}}, NoteCase{"pid 12\naddress 127.0.0.1:93", {12, ""}},
                                         NoteCase{"pid 12x\n", {}}, NoteCase{"pid -4\n", {}},
                                         NoteCase{"pid 99999999999999\n", {}}, NoteCase{"pid \n", {}},
                                         NoteCase{"colour blue\npid 7\n", {7, ""}}));

// A half-written note never gives half a number or address.
TEST(LockNote, is_whole_or_absent_at_every_cut) {
  std::string text = "pid 1234\naddress [::1]:9347\n";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    auto note = parse_lock_note(std::string_view(text).substr(0, cut));
    EXPECT_EQ(note.pid, cut >= 9 ? 1234 : 0) << cut;
    EXPECT_EQ(note.address, cut == text.size() ? "[::1]:9347" : "") << cut;
  }
}

class StoreLockTest : public testing::Test {
 protected:
  TestFolder folder;
  std::filesystem::path path = folder.path() / "lock";
};

TEST_F(StoreLockTest, tells_nothing_when_there_is_no_file) {
  auto note = StoreLock::read_note(path);
  ASSERT_TRUE(note);
  EXPECT_FALSE(*note);
}

TEST_F(StoreLockTest, tells_who_holds_it) {
  auto lock = StoreLock::take(path);
  ASSERT_TRUE(lock);
  auto note = StoreLock::read_note(path);
  ASSERT_TRUE(note && *note);
  EXPECT_EQ(**note, (LockNote{::getpid(), ""}));
  ASSERT_TRUE(lock->set_address("127.0.0.1:50000"));
  ASSERT_TRUE(lock->set_address("127.0.0.1:9347"));
  note = StoreLock::read_note(path);
  ASSERT_TRUE(note && *note);
  EXPECT_EQ(**note, (LockNote{::getpid(), "127.0.0.1:9347"}));
  EXPECT_EQ(mode_of(path), 0600U);
}

// The text may name a process that lives: only the kernel's lock counts.
TEST_F(StoreLockTest, tells_nothing_once_the_owner_has_gone) {
  { ASSERT_TRUE(StoreLock::take(path)); }
  EXPECT_EQ(text_of(path), "pid " + std::to_string(::getpid()) + "\n");
  auto note = StoreLock::read_note(path);
  ASSERT_TRUE(note);
  EXPECT_FALSE(*note);
  EXPECT_TRUE(StoreLock::take(path));
}

TEST_F(StoreLockTest, refuses_a_second_process_and_names_the_first) {
  auto lock = StoreLock::take(path);
  ASSERT_TRUE(lock && lock->set_address("127.0.0.1:9347"));
  int channel[2];
  ASSERT_EQ(::pipe(channel), 0);
  pid_t child = ::fork();
  if (child == 0) {
    auto second = StoreLock::take(path);
    auto answer =
        second ? std::string("taken") : std::to_string(static_cast<int>(second.error().code)) + second.error().message;
    (void)!::write(channel[1], answer.data(), answer.size());
    ::_exit(0);
  }
  ::close(channel[1]);
  char answer[512] = {};
  ssize_t length = ::read(channel[0], answer, sizeof answer - 1);
  ::close(channel[0]);
  ::waitpid(child, nullptr, 0);
  ASSERT_GT(length, 0);
  EXPECT_THAT(answer, testing::StartsWith(std::to_string(static_cast<int>(ErrorCode::busy))));
  EXPECT_THAT(answer, HasSubstr("process " + std::to_string(::getpid())));
  EXPECT_THAT(answer, HasSubstr("127.0.0.1:9347"));
}

TEST_F(StoreLockTest, takes_no_address_of_two_lines) {
  auto lock = StoreLock::take(path);
  ASSERT_TRUE(lock);
  auto set = lock->set_address("127.0.0.1:1\npid 1");
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().code, ErrorCode::invalid);
}

TEST_F(StoreLockTest, follows_no_link) {
  write_text(folder.path() / "elsewhere", "precious");
  std::filesystem::create_symlink(folder.path() / "elsewhere", path);
  EXPECT_FALSE(StoreLock::take(path));
  EXPECT_EQ(text_of(folder.path() / "elsewhere"), "precious");
}

}  // namespace
}  // namespace weir::cas
