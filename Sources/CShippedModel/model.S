// Puts the model file into the program as it is: a program that is copied to another machine has its model in it, and
// the compiler has nothing to read. The build does not see when the file changes: touch this one then (the tests tell).
#if defined(__APPLE__)
    .section __TEXT,__const
    .globl _mention_farm_model_start
    .globl _mention_farm_model_end
    .balign 32
_mention_farm_model_start:
    .incbin "mention.mfm"
_mention_farm_model_end:
#else
    .section .rodata
    .globl mention_farm_model_start
    .globl mention_farm_model_end
    .balign 32
mention_farm_model_start:
    .incbin "mention.mfm"
mention_farm_model_end:
    .byte 0
    .section .note.GNU-stack,"",%progbits
#endif
