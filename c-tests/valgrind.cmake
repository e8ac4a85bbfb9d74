# Tests that are short enough for memcheck, which looks into the library as well: reads of unset memory, leaks.
if(NOT SPECTRAPACK_VALGRIND)
  return()
endif()
find_program(SPECTRAPACK_MEMCHECK valgrind)
if(NOT SPECTRAPACK_MEMCHECK)
  skipped_test(valgrind "there is no valgrind")
  return()
elseif(SPECTRAPACK_SANITIZE)
  message(FATAL_ERROR "SPECTRAPACK_VALGRIND and SPECTRAPACK_SANITIZE do not go together.")
endif()
foreach(section version status tensor_wrap tensor_take tensor_exchange tensor_view tensor_copy fft_plan eigen_range
                device python bad_input bad_input_null bad_input_desc bad_input_version bad_input_output
                bad_input_shape)
  add_test(NAME valgrind_${section} COMMAND "${SPECTRAPACK_MEMCHECK}" --quiet --leak-check=full --show-leak-kinds=all
    --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=99 $<TARGET_FILE:${section}_test>)
  set_tests_properties(valgrind_${section} PROPERTIES LABELS valgrind TIMEOUT 300)
endforeach()
