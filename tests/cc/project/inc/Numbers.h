/* Found through the project's include folder, in another letter case. */
#define FROM_FOLDER 100
